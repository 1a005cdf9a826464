//! Parquet's hybrid of run lengths and bit packing, for definition levels and for positions in a dictionary.
//!
//! The library's encoder takes one value at a time behind a feature that builds a dozen more crates; here whole groups
//! of eight are compared and packed at once, and definition levels are already the bits they are written as.

/// A run of this many bytes of definition levels, eight rows each, is written as its length.
const LEVELS_RUN: usize = 3;

/// Appends definition levels: one bit for each row, the first row in the lowest bit of the first byte. Bits behind the
/// last row must be zero.
pub fn push_levels(to: &mut Vec<u8>, present: &[u8], rows: usize) {
    debug_assert_eq!(present.len(), rows.div_ceil(8));
    let level = |at: usize| match present[at] {
        0 => Some(0),
        0xff => Some(1),
        byte if at * 8 + byte.trailing_ones() as usize == rows => Some(1),
        _ => None,
    };
    let (mut at, mut written) = (0, 0);
    while at < present.len() {
        let first = level(at);
        let mut end = at + 1;
        while first.is_some() && end < present.len() && level(end) == first {
            end += 1;
        }
        if let Some(level) = first
            && end - at >= LEVELS_RUN
        {
            push_packed_levels(to, &present[written..at]);
            push_number(to, ((end * 8).min(rows) - at * 8) << 1);
            to.push(level);
            written = end;
        }
        at = end;
    }
    push_packed_levels(to, &present[written..]);
}

fn push_packed_levels(to: &mut Vec<u8>, present: &[u8]) {
    if !present.is_empty() {
        push_number(to, present.len() << 1 | 1);
        to.extend_from_slice(present);
    }
}

/// Bits that a position in a dictionary of so many values takes. At least one: some readers know no width of zero.
pub fn width_of(distinct: usize) -> u32 {
    distinct.saturating_sub(1).max(1).ilog2() + 1
}

/// Appends values of at most `width` bits, which are 1 to 32.
pub fn push_values(to: &mut Vec<u8>, values: &[u32], width: u32) {
    let (mut at, mut written) = (0, 0);
    while let Some(group) = values[at..].first_chunk::<8>() {
        if *group != [group[0]; 8] {
            at += 8;
            continue;
        }
        push_packed(to, &values[written..at], width);
        let run = run(group[0], &values[at..]);
        push_number(to, run << 1);
        to.extend_from_slice(&group[0].to_le_bytes()[..width.div_ceil(8) as usize]);
        at += run;
        written = at;
    }
    push_packed(to, &values[written..], width);
}

/// How often a value stands at the start.
fn run(value: u32, values: &[u32]) -> usize {
    let groups = values.as_chunks::<8>().0;
    let whole = 8 * groups.iter().take_while(|g| **g == [value; 8]).count();
    let rest = values[whole..].iter().take_while(|v| **v == value);
    whole + rest.count()
}

fn push_packed(to: &mut Vec<u8>, values: &[u32], width: u32) {
    if values.is_empty() {
        return;
    }
    push_number(to, values.len().div_ceil(8) << 1 | 1);
    if width <= 16 {
        push_groups(to, values, width, put_narrow);
    } else {
        push_groups(to, values, width, put_wide);
    }
}

/// Eight values take as many bytes as one takes bits.
#[inline]
fn push_groups(
    to: &mut Vec<u8>,
    values: &[u32],
    width: u32,
    put: impl Fn(&mut [u8], &[u32; 8], u32),
) {
    let (whole, rest) = values.as_chunks::<8>();
    let start = to.len();
    let end = start + values.len().div_ceil(8) * width as usize;
    // Each group writes more than its own and is written over by the next.
    to.resize(end + 32, 0);
    let mut at = start;
    for group in whole {
        put(&mut to[at..], group, width);
        at += width as usize;
    }
    if !rest.is_empty() {
        let mut group = [0; 8];
        group[..rest.len()].copy_from_slice(rest);
        put(&mut to[at..], &group, width);
    }
    to.truncate(end);
}

/// Eight values of 16 bits at most.
#[inline]
fn put_narrow(to: &mut [u8], group: &[u32; 8], width: u32) {
    let four = |of: [u64; 4]| {
        let [a, b, c, d] = of;
        a | b << width | c << (2 * width) | d << (3 * width)
    };
    let [first @ .., _, _, _, _] = group.map(u64::from);
    let [_, _, _, _, last @ ..] = group.map(u64::from);
    let (low, high) = (four(first), four(last));
    let all = u128::from(low) | u128::from(high) << (4 * width);
    to[..16].copy_from_slice(&all.to_le_bytes());
}

/// Eight values of 17 to 32 bits.
#[inline]
fn put_wide(to: &mut [u8], group: &[u32; 8], width: u32) {
    let [a, b, c, d, e, f, g, h] = group.map(u64::from);
    let pair = |a: u64, b: u64| u128::from(a | b << width);
    let low = pair(a, b) | pair(c, d) << (2 * width);
    let high = pair(e, f) | pair(g, h) << (2 * width);
    // Where the width is odd, the second half begins in the middle of a byte, and has 124 bits at most.
    let bits = 4 * width;
    let high = if bits.is_multiple_of(8) {
        high
    } else {
        high << 4 | low >> (bits - 4)
    };
    to[..16].copy_from_slice(&low.to_le_bytes());
    let middle = (bits / 8) as usize;
    to[middle..middle + 16].copy_from_slice(&high.to_le_bytes());
}

/// Seven bits a byte, the lowest first.
fn push_number(to: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reader makes of the bytes, after the format's text and nothing else. Padding is read too.
    fn read(mut bytes: &[u8], width: usize) -> Vec<u32> {
        let mut values = Vec::new();
        while !bytes.is_empty() {
            let (mut header, mut shift) = (0_usize, 0);
            loop {
                let byte = bytes[0];
                bytes = &bytes[1..];
                header |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            let bit = |bytes: &[u8], at: usize| u32::from(bytes[at / 8] >> (at % 8) & 1);
            let value = |bytes: &[u8], at: usize| {
                (0..width).fold(0, |v, b| v | bit(bytes, at * width + b) << b)
            };
            let taken = if header & 1 == 1 {
                let groups = header >> 1;
                values.extend((0..groups * 8).map(|at| value(bytes, at)));
                groups * width
            } else {
                values.extend(vec![value(bytes, 0); header >> 1]);
                width.div_ceil(8)
            };
            bytes = &bytes[taken..];
        }
        values
    }

    fn runs(most: u32) -> impl Strategy<Value = Vec<u32>> {
        let run = (
            0..=most,
            prop_oneof![1..4_usize, 5..40_usize, 150..700_usize],
        );
        proptest::collection::vec(run, 0..40)
            .prop_map(|runs| runs.into_iter().flat_map(|(v, n)| vec![v; n]).collect())
    }

    proptest! {
        #[test]
        fn values_of_every_width_read_back(
            (width, values) in (1..=32_u32).prop_flat_map(|w| (Just(w), runs(u32::MAX >> (32 - w)))),
            before in proptest::collection::vec(any::<u8>(), 0..3),
        ) {
            let mut bytes = before.clone();
            push_values(&mut bytes, &values, width);
            prop_assert_eq!(&bytes[..before.len()], &before[..]);
            let read = read(&bytes[before.len()..], width as usize);
            prop_assert!(read.len() >= values.len() && read.len() < values.len() + 8);
            prop_assert_eq!(&read[..values.len()], &values[..]);
        }

        #[test]
        fn levels_read_back(levels in runs(1)) {
            let present: Vec<u8> = levels
                .chunks(8)
                .map(|rows| rows.iter().enumerate().fold(0, |b, (at, l)| b | (*l as u8) << at))
                .collect();
            let mut bytes = Vec::new();
            push_levels(&mut bytes, &present, levels.len());
            let read = read(&bytes, 1);
            prop_assert!(read.len() >= levels.len() && read.len() < levels.len() + 8);
            prop_assert_eq!(&read[..levels.len()], &levels[..]);
        }
    }

    #[test]
    fn a_column_of_one_level_takes_a_few_bytes() {
        for (byte, rows) in [(0_u8, 20_000), (0xff, 20_000), (0, 20_003)] {
            let mut bytes = Vec::new();
            push_levels(&mut bytes, &vec![byte; usize::div_ceil(rows, 8)], rows);
            assert!(bytes.len() <= 4, "{bytes:?}");
        }
    }

    #[test]
    fn widths_hold_the_last_position() {
        let widths = [0, 1, 2, 3, 4, 5, 256, 257, 65_536, 65_537].map(width_of);
        assert_eq!(widths, [1, 1, 1, 2, 2, 3, 8, 9, 16, 17]);
    }
}
