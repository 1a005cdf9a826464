//! Answers of PDS: whatever the bytes, the order of their columns makes no difference, and no sentinel is a number.

use std::path::Path;

use cld_return::trace::answer::{AnswerError, AnswerRow, Answers, Matched, Requested, Summary};

fn read(bytes: &[u8]) -> Result<(Vec<AnswerRow>, Summary), AnswerError> {
    let place = std::env::var_os("CLD_FUZZ_PLACE").expect("a place for files");
    let path = Path::new(&place).join("answer.csv");
    std::fs::write(&path, bytes).expect("room for a file");
    let mut answers = Answers::open(&path)?;
    let rows = answers.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((rows, answers.finish()?))
}

/// The same file with its columns from right to left and a line end at its end; the record about the file stays as it is.
fn reversed(bytes: &[u8], batch: bool) -> Vec<u8> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut before = usize::from(batch);
    let mut lines = Vec::new();
    for line in text.split(|b| *b == b'\n') {
        let blank = line.trim_ascii().is_empty();
        if blank || before > 0 {
            before -= usize::from(!blank);
            lines.push(line.to_vec());
        } else {
            let mut cells: Vec<&[u8]> = line.split(|b| *b == b',').collect();
            cells.reverse();
            lines.push(cells.join(&b','));
        }
    }
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    text
}

/// Rows say the same in any order of columns.
pub fn answer(bytes: &[u8]) {
    let Ok((rows, summary)) = read(bytes) else {
        return;
    };
    assert!(summary.rows == rows.len() as u64 && summary.rows > 0);
    assert!(summary.bytes == bytes.len() as u64);
    for row in &rows {
        let requested = match row.requested {
            Requested::Number(number) => Matched::Number(number),
            _ => Matched::None,
        };
        for matched in [row.matched, requested] {
            if let Matched::Number(number) = matched {
                let digits = number.digits();
                assert!(digits.iter().any(|digit| *digit != digits[0]));
            }
        }
    }
    // A quotation mark at a cell's start joins cells, which splitting at commas would not.
    if !bytes.contains(&b'"') {
        let again = read(&reversed(bytes, summary.batch.is_some()));
        let again = again.unwrap_or_else(|error| panic!("refused from right to left: {error}"));
        assert!(again.0 == rows, "other rows from right to left");
        assert!(again.1.batch == summary.batch);
    }
}
