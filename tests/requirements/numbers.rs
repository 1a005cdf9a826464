//! T3, T4, T5: what is an NHS number.

use cld_return::nhs_number::{Refusal, canonical};

use super::{Chance, check_digit, with_own_key};
use crate::support::{Council, service};

const NUMBER: &str = "9434765919";
/// Of [`NUMBER`] under the published key.
const PSEUDONYM: &str = "d8767e5ac9f66cd09010633327ac6c7a412b78eb230ea5a82e076b353879382f";

/// Every way of writing one number gives its one pseudonym; what is refused has none and is counted, each once.
#[test]
fn t03_every_variant_has_one_pseudonym_and_every_refusal_is_counted() {
    let mut variants: Vec<String> = ["943 476 5919", "943-476-5919", " 9434765919", "9434765919 "]
        .map(str::to_owned)
        .to_vec();
    for odd in "\t\r\u{feff}\u{a0}\u{2007}\u{202f}\u{200b}\u{200c}\u{200d}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}".chars() {
        variants.push(format!("943{odd}476{odd}5919"));
        variants.push(format!("{odd}{NUMBER}{odd}"));
    }
    let refused = [
        "9.43E+09",
        "9434765919.0",
        "943476591",
        "94347659190",
        "９４３４７６５９１９",
        "٩٤٣٤٧٦٥٩١٩",
        "943476591\u{131}",
        "943 476 591O",
        "943?476?5919",
        "943_476_5919",
        "9434765918",
        "1234567890",
        "0000000000",
        "9876543210",
        "0123456789",
        "4857773456",
    ];
    let record =
        |number: &str, n: usize| service().of(number, &format!("P{n:05}"), &format!("E{n}"));
    let all = variants.iter().map(String::as_str).chain(refused);
    let ran = Council::of(all.enumerate().map(|(n, number)| record(number, n)))
        .argument("--allow-test-key")
        .makes();
    let pseudonyms = ran.submission().column("Der_NHS_Number_Pseudo");
    let with = |wanted: &str| pseudonyms.iter().filter(|p| *p == wanted).count();
    assert_eq!((with(PSEUDONYM), with("")), (variants.len(), refused.len()));
    assert_eq!(pseudonyms.len(), variants.len() + refused.len());
    let findings = ran.findings();
    let counted = findings.rows.iter().filter(|row| {
        let rules = ["malformed", "check_digit", "placeholder"];
        rules
            .iter()
            .any(|rule| row[findings.at("rule")] == format!("nhs_number.{rule}"))
    });
    let counted: usize = counted
        .map(|row| row[findings.at("records")].parse::<usize>().unwrap())
        .sum();
    assert_eq!(counted, refused.len(), "{:?}", findings.rows);
}

/// Ten digits that the check digit test lets pass, placeholders included.
fn passes(text: &str) -> bool {
    matches!(canonical(text), Ok(_) | Err(Refusal::Placeholder))
}

/// How many numbers begin with a digit, counted over all thousand million of them: the halves of a number are sorted by
/// what completes them, which is exact if a number's fate hangs on those classes alone; that is tried on many.
fn count_beginning_with(digit: char) -> u64 {
    let head = |n: usize| format!("{digit}{n:04}");
    let tail = |n: usize| format!("{n:05}");
    // One tail for each class that a head can need, and one head for each class.
    let mut tails: Vec<String> = Vec::new();
    let mut class_of_head = vec![usize::MAX; 10_000];
    for (n, class) in class_of_head.iter_mut().enumerate() {
        let known = tails.iter().position(|tail| passes(&(head(n) + tail)));
        *class = known.unwrap_or_else(|| {
            let completes = |t: &usize| passes(&(head(n) + &tail(*t)));
            tails.push(tail((0..100_000).find(completes).expect("a tail")));
            tails.len() - 1
        });
    }
    assert_eq!(tails.len(), 11);
    let heads: Vec<String> = (0..11)
        .map(|class| {
            head(
                class_of_head
                    .iter()
                    .position(|c| *c == class)
                    .expect("a head"),
            )
        })
        .collect();
    let mut by_class = [0_u64; 11];
    let class_of_tail: Vec<usize> = (0..100_000)
        .map(|n| {
            let mut fits = (0..11).filter(|class| passes(&(heads[*class].clone() + &tail(n))));
            let class = fits.next().expect("a head");
            assert!(fits.next().is_none(), "a tail is of one class");
            by_class[class] += 1;
            class
        })
        .collect();
    let mut chance = Chance(7);
    for _ in 0..50_000 {
        let (h, t) = (chance.below(10_000), chance.below(100_000));
        assert_eq!(
            passes(&(head(h) + &tail(t))),
            class_of_head[h] == class_of_tail[t]
        );
    }
    class_of_head.iter().map(|class| by_class[*class]).sum()
}

#[test]
fn t04_there_are_as_many_valid_numbers_as_there_should_be() {
    let counts = ['4', '6', '7'].map(count_beginning_with);
    assert_eq!(counts, [90_909_091; 3]);
    assert_eq!(counts.iter().sum::<u64>(), 272_727_273);
}

#[test]
fn t04_every_changed_digit_and_swap_is_refused() {
    let known = [
        NUMBER,
        "4010232137",
        "9000000009",
        "9000000017",
        "1234567881",
        "4000000632",
        "0607230002",
        "9000962382",
        "9000898358",
        "9000803888",
        "9000925967",
        "9990000018",
        "9990000026",
        "9990000034",
        "9990000042",
        "9990000050",
        "9990000069",
        "9990000077",
        "9990000085",
        "9990000093",
    ];
    let mut samples: Vec<String> = known.map(str::to_owned).to_vec();
    samples.extend(super::real_numbers(7));
    assert_eq!(samples.len(), 27);
    let (mut changes, mut swaps) = (0, 0);
    for number in &samples {
        assert!(canonical(number).is_ok(), "a sample that passes");
        assert_eq!(check_digit(&number[..9]), number[9..].parse().ok());
        for at in 0..10 {
            let (before, digit, after) = (&number[..at], &number[at..=at], &number[at + 1..]);
            for other in (0..10)
                .map(|n| n.to_string())
                .filter(|other| other != digit)
            {
                assert!(!passes(&format!("{before}{other}{after}")));
                changes += 1;
            }
            let next = after.get(..1).filter(|next| *next != digit);
            if let Some(next) = next {
                assert!(!passes(&format!("{before}{next}{digit}{}", &after[1..])));
                swaps += 1;
            }
        }
    }
    assert_eq!(changes, 2_430);
    assert!(swaps > 100);
}

/// With a key that is no test key too: no pseudonym, and a finding for each.
#[test]
fn t05_placeholders_have_no_pseudonym_in_production() {
    let repeated = (0..10).map(|digit| digit.to_string().repeat(10));
    let all: Vec<_> = repeated
        .chain(["0123456789".into(), "9876543210".into()])
        .collect();
    let records = all
        .iter()
        .enumerate()
        .map(|(n, number)| service().of(number, &format!("P{n}"), "E1"));
    let ran = with_own_key(Council::of(records)).makes();
    assert_eq!(ran.submission().column("Der_NHS_Number_Pseudo"), [""; 12]);
    assert_eq!(
        ran.findings()
            .find("rule", "nhs_number.placeholder", "records"),
        "12"
    );
}
