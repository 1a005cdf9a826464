//! Invented records of the return: a full valid one of each kind, changed field by field.

use std::collections::BTreeMap;

/// One record, by source column.
#[derive(Debug, Clone)]
#[must_use]
pub struct Record {
    cells: Vec<(String, String)>,
}

/// Fields and values of a valid service of a valid person; what does not apply to it is blank.
const SERVICE: [(&str, &str); 48] = [
    ("LA Code", "999"),
    ("Reporting Period Start Date", "01/04/2025"),
    ("Reporting Period End Date", "31/03/2026"),
    ("NHS Number", "9990000018"),
    ("LA Person Unique Identifier", "P100001"),
    ("First Name", "Ada"),
    ("Last Name", "Lovelace"),
    ("GP Practice Code", "A81001"),
    ("Gender", "Female"),
    ("Ethnicity", "White: Irish"),
    ("Date of Birth", "15/06/1950"),
    ("Date of Death", ""),
    ("Client Type", "Service user"),
    (
        "Primary Support Reason",
        "Physical support: Personal care support",
    ),
    ("Postcode", "LS1 4AP"),
    ("Accommodation Status", "Shared Lives scheme"),
    ("Employment Status", "Unknown"),
    ("Has Unpaid Carer", "No"),
    ("Autism Spectrum Disorder (ASD)", "No"),
    ("Visual Impairment", "No visual impairment"),
    ("Hearing Impairment", "Hard of hearing"),
    ("Dementia", "No"),
    ("Client Funding Status", "Fully social care funded"),
    ("Event Type", "Service"),
    ("Event Reference", "E1"),
    ("Event Start Date", "01/05/2025"),
    ("Event End Date", ""),
    ("Event Description", "Day centre on Mondays"),
    ("Event Outcome", "Continuation of support or services"),
    ("Request: Route of Access", ""),
    ("Assessment Type", ""),
    ("Eligible Needs Identified", ""),
    ("Method of Assessment", ""),
    ("Total Hrs Caring per week", ""),
    ("No. of adults being cared for", ""),
    ("Adult 1 Linked Person_ID", ""),
    ("Adult 2 Linked Person_ID", ""),
    ("Adult 3 Linked Person_ID", ""),
    ("Service Type", "Long term support: Community"),
    ("Service Component", "Day support"),
    ("Delivery Mechanism", "Direct payment"),
    ("Provider CQC Location ID", "1-123456789"),
    ("Review Reason", ""),
    ("Review Outcomes Achieved", ""),
    ("Method of Review", ""),
    ("Unit Cost", "412.50"),
    ("Cost Frequency (Unit Type)", "Weekly"),
    ("Planned units per week", "3.00"),
];

const OF_SERVICES: [&str; 7] = [
    "Service Type",
    "Service Component",
    "Delivery Mechanism",
    "Provider CQC Location ID",
    "Unit Cost",
    "Cost Frequency (Unit Type)",
    "Planned units per week",
];

/// A valid open service.
pub fn service() -> Record {
    Record {
        cells: SERVICE.map(|(f, v)| (f.into(), v.into())).to_vec(),
    }
}

fn event(kind: &str) -> Record {
    OF_SERVICES
        .into_iter()
        .fold(service(), |record, field| record.with(field, ""))
        .with("Event Type", kind)
        .with("Event End Date", "09/05/2025")
}

/// A valid request.
pub fn request() -> Record {
    event("Request").with("Request: Route of Access", "Community")
}

/// A valid assessment.
pub fn assessment() -> Record {
    event("Assessment")
        .with("Assessment Type", "Long term assessment")
        .with("Eligible Needs Identified", "Yes")
        .with("Method of Assessment", "Telephone")
}

/// A valid review.
pub fn review() -> Record {
    event("Review")
        .with("Review Reason", "Review of short term support")
        .with("Method of Review", "Telephone")
}

/// A valid carer known by association, who has no event.
pub fn carer() -> Record {
    let blank = [
        "Primary Support Reason",
        "Autism Spectrum Disorder (ASD)",
        "Visual Impairment",
        "Hearing Impairment",
        "Dementia",
        "Client Funding Status",
        "Event Type",
        "Event Reference",
        "Event Start Date",
        "Event End Date",
        "Event Description",
        "Event Outcome",
        "Request: Route of Access",
    ];
    blank
        .into_iter()
        .fold(request(), |record, field| record.with(field, ""))
        .with("Client Type", "Unpaid carer known by association")
        .with(
            "Primary Support Reason",
            "Social support: Support to unpaid carer",
        )
        .with("Adult 1 Linked Person_ID", "P100002")
}

impl Record {
    /// Sets a cell; a column that the record does not have is added at the end.
    pub fn with(mut self, column: &str, value: impl Into<String>) -> Self {
        match self.cells.iter_mut().find(|(c, _)| c == column) {
            Some((_, cell)) => *cell = value.into(),
            None => self.cells.push((column.into(), value.into())),
        }
        self
    }

    /// Sets NHS number, person id and event reference.
    pub fn of(self, number: &str, person: &str, event: &str) -> Self {
        self.with("NHS Number", number)
            .with("LA Person Unique Identifier", person)
            .with("Event Reference", event)
    }

    /// The record of another person, about another event.
    pub fn numbered(self, at: usize) -> Self {
        let numbers = (9_990_000_000_u64..).map(|n| n.to_string());
        let mut valid = numbers.filter(|n| cld_return::nhs_number::canonical(n).is_ok());
        let number = valid.nth(at).expect("a number");
        self.of(&number, &format!("P20000{at}"), &format!("E20000{at}"))
    }

    /// Leaves a column out.
    pub fn without(mut self, column: &str) -> Self {
        self.cells.retain(|(c, _)| c != column);
        self
    }

    /// Gives a column another name.
    pub fn renamed(mut self, column: &str, name: &str) -> Self {
        for (c, _) in self.cells.iter_mut().filter(|(c, _)| c == column) {
            *c = name.into();
        }
        self
    }

    /// The columns in reverse.
    pub fn reversed(mut self) -> Self {
        self.cells.reverse();
        self
    }

    pub fn columns(&self) -> Vec<&str> {
        self.cells.iter().map(|(c, _)| c.as_str()).collect()
    }

    pub fn cell(&self, column: &str) -> &str {
        self.cells
            .iter()
            .find(|(c, _)| c == column)
            .map_or("", |(_, v)| v)
    }

    /// Cells that name a person, of three letters at least.
    pub fn identifiers(&self) -> Vec<&str> {
        const IDENTIFYING: [&str; 6] = [
            "NHS Number",
            "LA Person Unique Identifier",
            "First Name",
            "Last Name",
            "Postcode",
            "Adult 1 Linked Person_ID",
        ];
        IDENTIFYING
            .iter()
            .map(|column| self.cell(column).trim())
            .filter(|cell| cell.len() > 2 && !cell.eq_ignore_ascii_case("null"))
            .collect()
    }
}

impl Record {
    /// The records as CSV with the columns of all of them, UTF-8, line feeds.
    pub fn csv(records: &[Record]) -> Vec<u8> {
        let mut columns: Vec<&str> = Vec::new();
        for record in records {
            for column in record.columns() {
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&columns).expect("written");
        for record in records {
            let cells: BTreeMap<&str, &str> = record
                .cells
                .iter()
                .map(|(c, v)| (c.as_str(), v.as_str()))
                .collect();
            writer
                .write_record(columns.iter().map(|c| cells.get(c).copied().unwrap_or("")))
                .expect("written");
        }
        writer.into_inner().expect("written")
    }
}
