//! A council that traces: people, allocations, and PDS as a test has it answer.

use std::fs;
use std::path::PathBuf;

use crate::support::{Council, Said, call, service};

/// Numbers that are valid and not of the test range.
pub const NUMBERS: [&str; 4] = ["9434765919", "4010232137", "9434765870", "9434765854"];

/// A council with a folder, a configuration, people and allocations.
pub struct Tracing {
    pub council: Council,
    people: Vec<[String; 9]>,
    allocations: Vec<[String; 3]>,
}

const SETTINGS: &str = "requests: tracing/requests, people: {file: people.csv, columns: {person: ID, nhs_number: NHS, \
    family_name: LAST, given_name: FIRST, gender: SEX, birth_date: BORN, death_date: DIED, postcode: PCODE}, \
    genders: {M: male, F: female}, objection: {column: OBJECTS, values: [Y], none: [N]}}, \
    allocations: {file: allocations.csv, columns: {person: ID, end: ENDED, type: TYPE}, types: [ALLWKR]}";

impl Tracing {
    /// With nobody in it.
    pub fn new() -> Self {
        Self::with("")
    }

    /// With more settings of `tracing:`.
    pub fn with(more: &str) -> Self {
        Self::of(Council::of([service()]), more)
    }

    /// Of this council.
    pub fn of(council: Council, more: &str) -> Self {
        let settings = format!("{{register: tracing/register.db, {SETTINGS}{more}}}");
        let council = council.set("tracing", settings);
        // Writes the configuration.
        council.command();
        Self {
            council,
            people: Vec::new(),
            allocations: Vec::new(),
        }
    }

    /// Adds somebody with a worker: id, NHS number, family name.
    pub fn person(mut self, id: &str, number: &str, family_name: &str) -> Self {
        let cells = [
            id,
            number,
            family_name,
            "Ann Mary",
            "F",
            "01/05/1940",
            "",
            "LS1 4AP",
            "",
        ];
        self.people.push(cells.map(str::to_owned));
        self.allocate(id, "", "ALLWKR")
    }

    /// Adds an allocation.
    pub fn allocate(mut self, id: &str, end: &str, kind: &str) -> Self {
        self.allocations.push([id, end, kind].map(str::to_owned));
        self
    }

    /// Changes a cell of the last person with this id.
    pub fn set(&mut self, id: &str, column: &str, value: &str) {
        let columns = [
            "ID", "NHS", "LAST", "FIRST", "SEX", "BORN", "DIED", "PCODE", "OBJECTS",
        ];
        let at = columns.iter().position(|c| *c == column).expect(column);
        let person = self.people.iter_mut().rev().find(|p| p[0] == id);
        person.expect(id)[at] = value.to_owned();
    }

    /// Adds the last row of a person again.
    pub fn again(&mut self, id: &str) {
        let row = self.people.iter().rev().find(|person| person[0] == id);
        let row = row.expect(id).clone();
        self.people.push(row);
    }

    /// Takes a person and their allocations away.
    pub fn remove(&mut self, id: &str) {
        self.people.retain(|person| person[0] != id);
        self.allocations.retain(|allocation| allocation[0] != id);
    }

    /// The same while it is made.
    pub fn but(mut self, id: &str, column: &str, value: &str) -> Self {
        self.set(id, column, value);
        self
    }

    /// Ends all allocations of a person.
    pub fn end(&mut self, id: &str, day: &str) {
        for allocation in self.allocations.iter_mut().filter(|a| a[0] == id) {
            allocation[1] = day.to_owned();
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.council.path(name)
    }

    pub fn register(&self) -> PathBuf {
        self.path("tracing/register.db")
    }

    fn write(&self) {
        let mut people = "ID,NHS,LAST,FIRST,SEX,BORN,DIED,PCODE,OBJECTS,TEAM\r\n".to_owned();
        for person in &self.people {
            people += &format!("{},North\r\n", person.join(","));
        }
        fs::write(self.path("people.csv"), people).unwrap();
        let mut allocations = "ID,ENDED,TYPE\r\n".to_owned();
        for allocation in &self.allocations {
            allocations += &format!("{}\r\n", allocation.join(","));
        }
        fs::write(self.path("allocations.csv"), allocations).unwrap();
    }

    /// Runs `cld trace` with these arguments. Nothing that identifies anybody may be printed.
    #[track_caller]
    pub fn trace(&self, arguments: &[&str]) -> Said {
        self.write();
        let config = self.path("council.yaml");
        let all = ["trace"].into_iter().chain(arguments.iter().copied());
        let said = call(all.chain(["--config", config.to_str().unwrap()]));
        let printed = format!("{}{}", said.stdout, said.stderr);
        for person in &self.people {
            for at in [0, 1, 2, 3, 5, 7] {
                let cell = &person[at];
                assert!(
                    cell.len() < 3 || !printed.contains(cell),
                    "{cell} in: {printed}"
                );
            }
        }
        for number in NUMBERS {
            assert!(!printed.contains(number), "a number in: {printed}");
        }
        said
    }

    /// The same for programs, which must succeed.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let all: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(["--format", "json"])
            .collect();
        self.trace(&all).code(0).json()
    }

    /// Makes a request, and gives the cells of its rows by family name or number.
    #[track_caller]
    pub fn request(&self) -> Vec<Vec<String>> {
        let made = self.json(&["request"]);
        let file = made["files"][0]["file"].as_str().expect("a file");
        let text = fs::read_to_string(file).unwrap();
        let rows = text.lines().skip(1);
        rows.map(|row| row.split(',').map(str::to_owned).collect())
            .collect()
    }

    /// Writes answers and applies them. Each is a reference and what PDS says.
    #[track_caller]
    pub fn apply(&self, name: &str, answers: &[(&str, Pds)]) -> serde_json::Value {
        self.answer(name, answers);
        self.json(&["apply", self.path(name).to_str().unwrap()])
    }

    pub fn answer(&self, name: &str, answers: &[(&str, Pds)]) {
        let mut text = "UNIQUE REFERENCE,REQ_NHS_NUMBER,DATE_OF_BIRTH,DATE_OF_DEATH,SENSITIVITY_FLAG,ERROR/SUCCESS_CODE,\
            MATCHED_NHS_NO,MATCHED_ALGORITHM_INDICATOR,MATCHED_CONFIDENCE_PERCENTAGE\n"
            .to_owned();
        for (reference, pds) in answers {
            text += &format!(
                "{reference},{},{},{},,{},{},{},{}\n",
                pds.requested,
                pds.born,
                pds.died,
                pds.code,
                pds.number,
                pds.algorithm,
                pds.confidence
            );
        }
        fs::write(self.path(name), text).unwrap();
    }

    /// The reference of the row that has a word in it.
    #[track_caller]
    pub fn reference(rows: &[Vec<String>], word: &str) -> String {
        let row = rows.iter().find(|row| row.iter().any(|cell| cell == word));
        row.expect(word)[0].clone()
    }

    /// People by status indicator.
    #[track_caller]
    pub fn statuses(&self) -> Vec<(String, u64)> {
        let status = self.json(&["status"]);
        let counts = status["status"].as_object().expect("counts");
        let counts = counts
            .iter()
            .map(|(code, n)| (code.clone(), n.as_u64().unwrap()));
        counts.filter(|(_, n)| *n > 0).collect()
    }

    #[track_caller]
    pub fn verify(&self) -> serde_json::Value {
        self.json(&["verify"])
    }
}

/// What PDS says.
#[derive(Clone)]
pub struct Pds {
    /// The number that was asked about, as PDS has it.
    pub requested: &'static str,
    pub code: &'static str,
    pub number: &'static str,
    pub born: &'static str,
    pub died: &'static str,
    pub algorithm: &'static str,
    pub confidence: &'static str,
}

/// One match.
pub fn found(number: &'static str) -> Pds {
    Pds {
        requested: "",
        code: "00",
        number,
        born: "19400501",
        died: "",
        algorithm: "3",
        confidence: "100",
    }
}

/// Something else.
pub fn code(code: &'static str) -> Pds {
    Pds {
        code,
        number: "0000000000",
        born: "",
        algorithm: "0",
        confidence: "0",
        ..found("")
    }
}
