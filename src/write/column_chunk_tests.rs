//! Column chunks as readers see them: what is wrong here is a submission that nobody can read, or one with other cells than the CSV.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;

use super::column_pages::{LEVEL, PAGE_ROWS};
use super::{ColumnCells, ColumnEncoder};

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// How the codes of a column are spread.
#[derive(Debug, Clone, Copy)]
struct Spread {
    seed: u64,
    rows: usize,
    /// Values there are.
    values: usize,
    /// Of 100 runs, those that are null.
    nulls: usize,
    /// Rows of a run at most.
    run: usize,
}

impl Spread {
    /// Codes, 0 for null.
    fn codes(self, column: u64) -> Vec<u32> {
        let mut numbers = Numbers(self.seed ^ column << 40);
        let mut codes = Vec::new();
        while codes.len() < self.rows {
            let code = match numbers.below(100) < self.nulls {
                true => 0,
                false => 1 + numbers.below(self.values) as u32,
            };
            let run = (1 + numbers.below(self.run)).min(self.rows - codes.len());
            codes.extend(vec![code; run]);
        }
        codes
    }
}

/// Texts of many lengths, none among them empty but the first, some not ASCII.
fn text(code: u32) -> String {
    let long = match code % 50 {
        0 => 300,
        n => n as usize % 9,
    };
    format!("{}{}", "é€x".repeat(long / 3), code - 1)
}

fn number(code: u32) -> i64 {
    let wide = Numbers(u64::from(code)).next() as i64;
    [0, -1, i64::MAX, i64::MIN, wide, i64::from(code)][code as usize % 6]
}

fn hundredths(code: u32) -> i64 {
    number(code) % 1_000_000_000_000_000_000
}

fn digest(code: u32) -> [u8; 32] {
    let mut numbers = Numbers(u64::from(code) << 8);
    let mut digest = [0; 32];
    for part in digest.as_chunks_mut::<8>().0 {
        *part = numbers.next().to_le_bytes();
    }
    // Some are the same at the end, where they are told apart first.
    if code.is_multiple_of(7) {
        digest[24..].fill(7);
    }
    digest
}

fn hex(code: u32) -> String {
    data_encoding::HEXLOWER.encode(&digest(code))
}

/// The combined id has the prefix before every other person's digits; the same digits occur with and without it.
fn combined(code: u32) -> String {
    let digits = hex(code / 2 + 1);
    if prefixed(code) {
        format!("999_{digits}")
    } else {
        digits
    }
}

fn prefixed(code: u32) -> bool {
    code % 2 == 1
}

const COLUMNS: usize = 8;

fn schema() -> SchemaRef {
    let decimal = DataType::Decimal128(18, 2);
    let types = [
        ("text", DataType::Utf8),
        ("date", DataType::Date32),
        ("integer", DataType::Int32),
        ("count", DataType::Int64),
        ("decimal", decimal),
        ("shared", DataType::Utf8),
        ("own", DataType::Utf8),
        ("combined", DataType::Utf8),
    ];
    let fields = types.map(|(name, t)| Field::new(name, t, true));
    Arc::new(Schema::new(fields.to_vec()))
}

/// The cells as Arrow has them.
fn batch(codes: &[Vec<u32>]) -> RecordBatch {
    fn each<T, C: FromIterator<Option<T>>>(codes: &[u32], value: impl Fn(u32) -> T) -> C {
        let values = codes.iter().map(|c| (*c != 0).then(|| value(*c)));
        values.collect()
    }
    let decimals: Decimal128Array = each(&codes[4], |c| i128::from(hundredths(c)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(each::<_, StringArray>(&codes[0], text)),
        Arc::new(each::<_, Date32Array>(&codes[1], |c| number(c) as i32)),
        Arc::new(each::<_, Int32Array>(&codes[2], |c| number(c) as i32)),
        Arc::new(each::<_, Int64Array>(&codes[3], number)),
        Arc::new(decimals.with_precision_and_scale(18, 2).unwrap()),
        Arc::new(each::<_, StringArray>(&codes[5], hex)),
        Arc::new(each::<_, StringArray>(&codes[6], hex)),
        Arc::new(each::<_, StringArray>(&codes[7], combined)),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

fn options() -> ArrowWriterOptions {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL).unwrap()))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true);
    ArrowWriterOptions::new().with_properties(properties.build())
}

fn theirs(batch: &RecordBatch) -> Bytes {
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema(), options()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap().into()
}

/// A file with one row group for each set of codes, all by one encoder.
fn ours(groups: &[Vec<Vec<u32>>]) -> Bytes {
    let writer = ArrowWriter::try_new_with_options(Vec::new(), schema(), options()).unwrap();
    let (mut writer, _) = writer.into_serialized_writer().unwrap();
    let mut encoder = ColumnEncoder::new(writer.schema_descr()).unwrap();
    for codes in groups {
        let mut group = writer.next_row_group().unwrap();
        for (column, codes) in codes.iter().enumerate() {
            let chunk = with_cells(column, codes, |cells| encoder.encode(column, cells));
            chunk.unwrap().append(&mut group).unwrap();
        }
        group.close().unwrap();
    }
    writer.into_inner().unwrap().into()
}

/// The cells of one of the columns, as the encoder takes them.
fn with_cells<T>(column: usize, codes: &[u32], take: impl FnOnce(ColumnCells<'_>) -> T) -> T {
    let most = codes.iter().max().copied().unwrap_or(0);
    let of = |digest: &dyn Fn(u32) -> [u8; 32]| (1..=most).map(digest).collect::<Vec<_>>();
    fn each<'a>(codes: &[u32], digests: &'a [[u8; 32]]) -> Vec<Option<&'a [u8; 32]>> {
        let digest = |code: &u32| digests.get((*code as usize).wrapping_sub(1));
        codes.iter().map(digest).collect()
    }
    let day = |code| number(code) as i32;
    match column {
        0 => {
            let texts: Vec<String> = (1..=most).map(text).collect();
            take(ColumnCells::Text {
                codes,
                text: &|code| texts[code as usize - 1].as_bytes(),
            })
        }
        1 => take(ColumnCells::Date { codes, value: &day }),
        2 => take(ColumnCells::Integer { codes, value: &day }),
        3 => take(ColumnCells::Count {
            codes,
            value: &number,
        }),
        4 => take(ColumnCells::Decimal {
            codes,
            value: &hundredths,
        }),
        5 | 6 => take(ColumnCells::Pseudonym {
            values: &each(codes, &of(&digest)),
            repeats: column == 5,
        }),
        _ => take(ColumnCells::Combined {
            values: &each(codes, &of(&|code| digest(code / 2 + 1))),
            prefixed: &codes.iter().map(|c| prefixed(*c)).collect::<Vec<_>>(),
            prefix: b"999_",
        }),
    }
}

fn read(file: Bytes) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn every(spread: Spread) -> Vec<Vec<u32>> {
    (0..COLUMNS as u64).map(|c| spread.codes(c)).collect()
}

fn spread(rows: impl Strategy<Value = usize>) -> impl Strategy<Value = Spread> {
    (
        any::<u64>(),
        rows,
        prop_oneof![Just(1), Just(2), 3..300_usize, 300..70_000_usize],
        prop_oneof![Just(0_usize), 1..100_usize, Just(100)],
        prop_oneof![Just(1_usize), Just(4), Just(2_000)],
    )
        .prop_map(|(seed, rows, values, nulls, run)| Spread {
            seed,
            rows,
            values,
            nulls,
            run,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cells_of_every_kind_read_back(first in spread(0..200_usize), second in spread(1..200_usize)) {
        let groups = [every(first), every(second)];
        let given = [batch(&groups[0]), batch(&groups[1])];
        prop_assert_eq!(read(ours(&groups)), concat_batches(&schema(), &given).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn cells_of_many_pages_read_back(spread in spread(PAGE_ROWS - 9..2 * PAGE_ROWS + 9)) {
        let codes = every(spread);
        prop_assert_eq!(read(ours(std::slice::from_ref(&codes))), batch(&codes));
    }
}

/// Rows of more than a page, with values of many kinds.
const PLENTY: Spread = Spread {
    seed: 5,
    rows: PAGE_ROWS + 1_001,
    values: 900,
    nulls: 30,
    run: 5,
};

#[test]
fn every_width_of_positions_reads_back() {
    // The last needs seventeen bits.
    for values in [1, 2, 3, 200, 5_000, 66_000] {
        let numbered: Vec<u32> = (1..=values).chain(1..=values).collect();
        let mut codes = vec![vec![0; numbered.len()]; COLUMNS];
        codes[0] = numbered.clone();
        codes[3] = numbered;
        assert!(
            read(ours(std::slice::from_ref(&codes))) == batch(&codes),
            "{values} values"
        );
    }
}

#[test]
fn the_file_describes_itself_as_the_librarys_own_does() {
    let codes = every(PLENTY);
    let [theirs, ours] = [theirs(&batch(&codes)), ours(&[codes])]
        .map(|file| SerializedFileReader::new(file).unwrap().metadata().clone());
    let [known, made] = [&theirs, &ours].map(|m| m.file_metadata());
    assert_eq!(made.schema_descr(), known.schema_descr());
    assert_eq!(made.key_value_metadata(), known.key_value_metadata());
    assert_eq!(made.created_by(), known.created_by());
    let [known, made] = [theirs.row_group(0), ours.row_group(0)];
    assert_eq!(made.num_rows(), known.num_rows());
    assert_eq!(
        made.total_byte_size(),
        made.columns()
            .iter()
            .map(|c| c.uncompressed_size())
            .sum::<i64>()
    );
    for (made, known) in made.columns().iter().zip(known.columns()) {
        assert_eq!(made.num_values(), known.num_values());
        assert_eq!(made.compression_codec(), known.compression_codec());
        assert!(made.statistics().is_none() && known.statistics().is_none());
        assert_eq!(made.offset_index_offset(), None);
        if made.column_path().string() != "own" {
            assert_eq!(made.encodings_mask(), known.encodings_mask());
            assert_eq!(
                made.page_encoding_stats_mask(),
                known.page_encoding_stats_mask()
            );
        }
    }
}

#[test]
fn no_value_stands_in_the_footer_or_a_page_header() {
    // Distinctive values, so that none can stand there by chance; what pages hold is compressed.
    let mut codes = vec![vec![49; 2_000]; COLUMNS];
    codes[7] = vec![0; 2_000];
    let file = ours(std::slice::from_ref(&codes));
    assert!(read(file.clone()) == batch(&codes));
    let footer = &file[file.len() - 8..file.len() - 4];
    let length = u32::from_le_bytes(footer.try_into().unwrap()) as usize;
    let footer = &file[file.len() - 8 - length..];
    let text = text(49);
    let hex = hex(49);
    for value in [
        text.as_bytes(),
        &hex.as_bytes()[..8],
        &hundredths(49).to_le_bytes()[..],
    ] {
        assert!(!footer.windows(value.len()).any(|w| w == value));
    }
}

#[test]
fn equal_cells_give_equal_bytes() {
    let codes = every(PLENTY);
    let fresh = ours(std::slice::from_ref(&codes));
    // After other columns, by the same encoder.
    let other = every(Spread {
        seed: 6,
        rows: 700,
        ..PLENTY
    });
    let sink = Vec::new();
    let writer = ArrowWriter::try_new_with_options(sink, schema(), options()).unwrap();
    let (mut writer, _) = writer.into_serialized_writer().unwrap();
    let mut encoder = ColumnEncoder::new(writer.schema_descr()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for column in 0..COLUMNS {
        for used in [&other, &codes, &other] {
            with_cells(column, &used[column], |cells| encoder.encode(column, cells)).unwrap();
        }
        let chunk = with_cells(column, &codes[column], |cells| {
            encoder.encode(column, cells)
        });
        chunk.unwrap().append(&mut group).unwrap();
    }
    group.close().unwrap();
    assert!(
        fresh == writer.into_inner().unwrap(),
        "an encoder that has worked writes other bytes"
    );
}

#[test]
fn codes_may_be_numbered_in_any_way() {
    let codes = PLENTY.codes(0);
    let renumber = |code: u32| if code == 0 { 0 } else { 40_000 - code * 7 };
    let other: Vec<u32> = codes.iter().map(|c| renumber(*c)).collect();
    let texts: Vec<String> = (1..=900).map(text).collect();
    let mut encoder = ColumnEncoder::new(&descriptor()).unwrap();
    let mut written = |codes: &[u32], number: &dyn Fn(u32) -> u32| {
        let text = &|code| texts[number(code) as usize - 1].as_bytes();
        file_of_text(
            encoder
                .encode(0, ColumnCells::Text { codes, text })
                .unwrap(),
        )
    };
    assert!(written(&codes, &|code| code) == written(&other, &|code| (40_000 - code) / 7));
}

fn descriptor() -> parquet::schema::types::SchemaDescriptor {
    let writer = ArrowWriter::try_new(Vec::new(), schema(), None).unwrap();
    let (writer, _) = writer.into_serialized_writer().unwrap();
    writer.schema_descr().clone()
}

/// A file of the first column alone.
fn file_of_text(chunk: super::EncodedColumn) -> Bytes {
    let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, true)]));
    let writer = ArrowWriter::try_new_with_options(Vec::new(), schema, options()).unwrap();
    let (mut writer, _) = writer.into_serialized_writer().unwrap();
    let mut group = writer.next_row_group().unwrap();
    chunk.append(&mut group).unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap().into()
}

#[test]
fn pages_are_small_and_encoded_for_what_they_hold() {
    let mut codes = every(Spread { nulls: 0, ..PLENTY });
    let rows = PLENTY.rows as u32;
    // All different: a dictionary would not pay.
    codes[0] = (1..=rows).collect();
    codes[6] = (1..=rows).collect();
    codes[7] = vec![0; rows as usize];
    let file = ours(std::slice::from_ref(&codes));
    assert!(read(file.clone()) == batch(&codes));
    let reader = SerializedFileReader::new(file).unwrap();
    let group = reader.get_row_group(0).unwrap();
    let mut encodings = Vec::new();
    for column in 0..COLUMNS {
        let mut values = 0;
        for page in group.get_column_page_reader(column).unwrap() {
            let page = page.unwrap();
            assert!(page.buffer().len() < (1 << 20) + 5_000);
            if page.is_data_page() {
                assert!(page.num_values() as usize <= PAGE_ROWS);
                values += page.num_values();
                encodings.push((column, page.encoding()));
            }
        }
        assert_eq!(values, rows);
    }
    let plain = encodings.iter().filter(|(_, e)| *e == Encoding::PLAIN);
    let mut plain: Vec<_> = plain.map(|(column, _)| *column).collect();
    plain.dedup();
    assert_eq!(plain, [0, 6, 7]);
}

#[test]
fn a_column_without_a_value_takes_next_to_nothing() {
    let mut encoder = ColumnEncoder::new(&descriptor()).unwrap();
    for column in 0..COLUMNS {
        let codes = vec![0; 32_768];
        let chunk = with_cells(column, &codes, |cells| encoder.encode(column, cells));
        assert!(chunk.unwrap().len() < 100);
    }
}

#[test]
fn cells_of_another_type_are_refused() {
    let mut encoder = ColumnEncoder::new(&descriptor()).unwrap();
    for column in [0, 3, COLUMNS] {
        let refused = with_cells(1, &[1], |cells| encoder.encode(column, cells));
        assert!(refused.is_err());
    }
    assert!(with_cells(1, &[1], |cells| encoder.encode(2, cells)).is_ok());
}
