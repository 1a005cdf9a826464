//! The files of the worklist, filled in the order of the rows while the first pass goes on.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::write::Written;
use crate::error::{Error, Result};
use crate::finding::{ALL_SOURCES, ExtractFinding, Finding};
use crate::select::Exclusion;
use crate::validate::{Check, Plan, Tally};
use crate::write::{
    Durable, FindingRow, MOST_UNASKED, Staging, TRACED, WORKBOOK, WorklistHeader, WorklistLines,
    findings_csv, unverified_csv, write_workbook,
};

/// What a batch adds to the worklist.
#[derive(Default)]
pub(super) struct Lines<'a> {
    /// Names of the reasons that the council declared.
    declared: &'a [String],
    findings: WorklistLines,
    excluded: WorklistLines,
    another_number: WorklistLines,
    /// Findings, which may have line breaks in their cells.
    listed: u64,
}

impl<'a> Lines<'a> {
    /// None yet. Reasons that are declared have these names.
    pub fn new(declared: &'a [String]) -> Self {
        Self {
            declared,
            ..Self::default()
        }
    }

    /// The same in memory that the findings of another batch had.
    pub fn with(room: WorklistLines, declared: &'a [String]) -> Self {
        Self {
            findings: room,
            ..Self::new(declared)
        }
    }

    /// The memory of the findings, for another batch.
    pub fn into_room(self) -> WorklistLines {
        let mut room = self.findings;
        room.bytes.clear();
        room
    }

    /// Adds a finding of a record that was submitted or left out for a reason.
    pub fn finding<'c>(
        &mut self,
        finding: &Finding<'_>,
        reason: Option<Exclusion>,
        local: impl Iterator<Item = &'c [u8]>,
    ) {
        self.finding_of(&Kind::of(finding), finding, reason, local);
    }

    /// The same of a finding whose kind is known.
    pub fn finding_of<'c>(
        &mut self,
        kind: &Kind,
        finding: &Finding<'_>,
        reason: Option<Exclusion>,
        local: impl Iterator<Item = &'c [u8]>,
    ) {
        let case = finding.case.expose();
        let lines = &mut self.findings;
        lines.cells(&kind.rule);
        match finding.row {
            Some(row) => lines.number(row),
            None => lines.cell(b""),
        }
        lines.cells(&kind.column);
        lines.cell(case.person_id);
        lines.cell(case.event_reference);
        lines.cell(case.received);
        let suggested = case.suggestion.text();
        if suggested.is_empty() && *finding.expected == *kind.expected.0 {
            lines.cells(&kind.expected.1);
        } else if suggested.is_empty() {
            lines.cell(finding.expected.as_bytes());
        } else {
            lines.cell(suggested.as_bytes());
        }
        lines.cells(&kind.words);
        lines.cell(finding.follows_from.unwrap_or_default().as_bytes());
        let reason = reason.map_or("", |reason| reason.name(self.declared));
        lines.cell(reason.as_bytes());
        local.for_each(|cell| lines.cell(cell));
        lines.end();
        self.listed += 1;
    }

    /// Adds a record whose number is another one than that which tracing verified for its person.
    pub fn another_number<'c>(&mut self, place: [&[u8]; 4], local: impl Iterator<Item = &'c [u8]>) {
        let cells = place.into_iter();
        cells.for_each(|cell| self.another_number.cell(cell));
        local.for_each(|cell| self.another_number.cell(cell));
        self.another_number.end();
    }

    /// Adds a record that is left out.
    pub fn excluded<'c>(
        &mut self,
        reason: Exclusion,
        place: [&[u8]; 4],
        local: impl Iterator<Item = &'c [u8]>,
    ) {
        let why = [
            reason.name(self.declared).as_bytes(),
            reason.words().as_bytes(),
        ];
        place
            .into_iter()
            .chain(why)
            .for_each(|cell| self.excluded.cell(cell));
        local.for_each(|cell| self.excluded.cell(cell));
        self.excluded.end();
    }
}

/// What all findings have in common that break one rule in one field of one source, as it stands in their lines.
pub(super) struct Kind {
    /// Rule, severity, source.
    rule: WorklistLines,
    /// Letters and names of the column.
    column: WorklistLines,
    /// What was expected, unless the finding knows more: the text, and as it stands in a line.
    expected: (Box<str>, WorklistLines),
    /// What is wrong, and who is to do what.
    words: WorklistLines,
}

impl Kind {
    /// Of one of them.
    pub fn of(finding: &Finding<'_>) -> Self {
        let made = |cells: &[&str]| {
            let mut made = WorklistLines::default();
            cells.iter().for_each(|cell| made.cell(cell.as_bytes()));
            made
        };
        let page = finding.page;
        Self {
            rule: made(&[
                &finding.rule,
                finding.severity.name(),
                &finding.shown_source(),
            ]),
            column: made(&[
                finding.column.unwrap_or_default(),
                &finding.field.name,
                finding.source_column.unwrap_or_default(),
            ]),
            expected: ((*finding.expected).into(), made(&[&finding.expected])),
            words: made(&[&finding.fault, &page.remedy, &page.who]),
        }
    }
}

/// The worklist being written.
pub(super) struct Worklist {
    findings: BufWriter<Durable>,
    excluded: BufWriter<Durable>,
    /// `None` unless numbers are traced.
    another_number: Option<BufWriter<Durable>>,
    listed: u64,
}

impl Worklist {
    /// Begins the files in a directory, over what an earlier beginning left there. `traced`: numbers are traced.
    pub fn begin(directory: &Path, header: &WorklistHeader, traced: bool) -> Result<Self> {
        let begin = |name: &str, line: Vec<u8>| {
            let path = directory.join(name);
            let mut file = private_file(&path)
                .map(|file| BufWriter::with_capacity(1 << 18, Durable::new(file)));
            let begun = file.as_mut().map_or(Ok(()), |file| file.write_all(&line));
            begun.and(file).map_err(Error::io("write", path))
        };
        Ok(Self {
            findings: begin("findings.csv", header.findings())?,
            excluded: begin("excluded.csv", header.excluded())?,
            another_number: traced
                .then(|| begin(TRACED, header.another_number()))
                .transpose()?,
            listed: 0,
        })
    }

    /// Takes what a batch adds.
    pub fn take(&mut self, lines: &Lines<'_>) -> io::Result<()> {
        self.listed += lines.listed;
        self.findings.write_all(&lines.findings.bytes)?;
        if let Some(file) = &mut self.another_number {
            file.write_all(&lines.another_number.bytes)?;
        }
        self.excluded.write_all(&lines.excluded.bytes)
    }

    /// Adds what was withheld while writing. It has no row any more: rows were sorted, so that nothing leads back from them.
    pub fn withheld(
        &mut self,
        plan: &Plan,
        written: &Written,
        header: &WorklistHeader,
    ) -> io::Result<()> {
        self.listed += written.withheld.len() as u64;
        let mut lines = WorklistLines::default();
        for (field, records) in &written.withheld {
            let broken = Check::Identifier.into();
            let (rule, page) = (plan.code(*field, broken), plan.page(broken));
            let field = &plan.schema.fields[usize::from(*field)];
            let expected = format!(
                "no NHS number, postcode, person id or name of the extract; found in {records} records"
            );
            let cells = [
                rule,
                page.severity.name(),
                ALL_SOURCES,
                "",
                "",
                &*field.name,
                "",
                "",
                "",
                "",
                &*expected,
                &*page.fault,
                &*page.remedy,
                &*page.who,
                "",
                "",
            ];
            lines.line(
                cells
                    .into_iter()
                    .map(str::as_bytes)
                    .chain(header.local().iter().map(|_| &b""[..])),
            );
        }
        self.findings.write_all(&lines.bytes)
    }

    /// Adds what was found about the extract as a whole, which no row is to blame for.
    pub fn about_the_extract(
        &mut self,
        plan: &Plan,
        findings: &[ExtractFinding],
        header: &WorklistHeader,
    ) -> io::Result<()> {
        let mut lines = Lines::default();
        for finding in findings {
            let local = header.local().iter().map(|_| &b""[..]);
            lines.finding(&Finding::of_extract(finding, plan), None, local);
        }
        self.take(&lines)?;
        // All but all of it is there: the disk has time for it while the submission is written.
        self.findings.flush()?;
        self.findings.get_mut().begin();
        Ok(())
    }

    /// Adds what was counted and the workbook, unless there are too many findings for one that nobody asked for, and
    /// gives the directory its name. Gives directory and workbook.
    pub fn finish(
        self,
        stage: Staging,
        plan: &Plan,
        tally: &Tally,
        findings: &[FindingRow],
        run_id: &str,
    ) -> Result<(PathBuf, Option<PathBuf>)> {
        let base = stage.path().to_owned();
        let files = [self.findings, self.excluded];
        for file in files.into_iter().chain(self.another_number) {
            file.into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|mut f| f.finish())
                .map_err(Error::io("write", &base))?;
        }
        let unverified = tally
            .unverified
            .iter()
            .map(|((field, value), n)| (plan.schema.fields[*field].name.as_str(), &**value, *n));
        for (name, bytes) in [
            ("unverified-values.csv", unverified_csv(unverified)),
            ("findings-by-rule.csv", findings_csv(findings).into_bytes()),
        ] {
            let path = base.join(name);
            private_file(&path)
                .and_then(|mut f| f.write_all(&bytes).and_then(|()| f.sync_all()))
                .map_err(Error::io("write", &path))?;
        }
        let workbook = self.listed <= MOST_UNASKED;
        if workbook {
            write_workbook(&base)?;
        }
        let directory = stage
            .finish(run_id, true)
            .map_err(Error::io("rename", base))?;
        let workbook = workbook.then(|| directory.join(WORKBOOK));
        Ok((directory, workbook))
    }
}

/// A new file that nobody else can read.
pub(super) fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
