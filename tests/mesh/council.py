"""An invented council for the round trip, with somebody for every code of PDS, and what must have come of it.

    council.py make DIRECTORY ROOT    cld.yaml, people.csv, allocations.csv, and truth.csv, which is what PDS knows
    council.py later DIRECTORY        what PDS knows by the second round
    council.py NAME FILE              checks what cld printed at that point: NAME is one of CHECKS
"""

import csv
import json
import sys
from pathlib import Path

PEOPLE = "id,nhs,family,given,sex,born,died,postcode".split(",")
TRUTH = "key,code,nhs_number,algorithm,confidence,date_of_birth,date_of_death,sensitivity".split(",")
NONE, SEVERAL = "0000000000", "9999999999"
# Who, the number held, the family name, and what PDS knows of them, in the order of TRUTH; None: not found.
WHO = [
    ("P01", "", "Match", ("00", "9990000018", "3", "100")),
    ("P02", "9990000026", "Checked", ("00", "9990000026", "1", "100")),
    ("P03", "9990000034", "Superseded", ("90", "9990000042", "1", "100")),
    ("P04", "", "Sensitive", ("92", "9990000050", "3", "100", "", "", "S")),
    ("P05", "", "Birthday", ("00", "9990000093", "3", "100", "19500308")),
    ("P06", "", "Likely", ("00", "9990000085", "4", "73.5")),
    ("P07", "", "Close", ("97", SEVERAL, "0", "0")),
    ("P08", "", "Nobody", None),
    ("P09", "", "Invalid", ("91", NONE, "0", "0")),
    ("P10", "", "Dead", ("00", "9990000077", "3", "100", "", "20250102")),
    ("P11", "", "Twin", ("00", "9990000069", "3", "100")),
    ("P12", "", "Twain", ("00", "9990000069", "3", "100")),
    ("P13", "", "Investigated", ("95", NONE, "0", "0")),
    ("P14", "", "Exact", ("96", SEVERAL, "0", "0")),
    ("P15", "", "Unheard", ("93", NONE, "0", "0")),
    ("P16", "9434765919", "Elsewhere", None),
    ("P17", "", "Sentinel", ("00", SEVERAL, "3", "100")),
] + [(f"F{code}", "", f"Fault{'abcdefgh'[code - 10]}", (str(code), NONE, "0", "0")) for code in range(10, 18)]
# Not asked about: a name that cannot be sent, nobody who works with them, a death.
OTHERS = [("X1", "\u017d\u00e1k", "", ""), ("X2", "Unallocated", "", "01/02/2020"), ("X3", "Gone", "01/01/2020", "")]

CONFIG = """
return: cld-release-2
period: {{start: 2025-04-01, end: 2026-03-31}}
controller: {{la_code: "999", name: Sample Council}}
recipient: nhs-england
purpose: client-level-data
key: {{file: {root}/samples/keys/test.key, epoch: "2026"}}
signing_key: {root}/samples/keys/test-signing.pem
sources: [{{name: case-system, file: {root}/samples/cld.csv, columns: {{NHS No: NHS Number}}, ignore: [Team]}}]
output: {{bundle: out, worklist: worklist, worklist_keep_days: 90}}
gate: {{max_error_records: 100%}}
governance:
  legal_basis: Invented
  direction: Invented
  dpia: SAMPLE-DPIA-1
  retain_until: 2099-03-31
  national_data_opt_out: {{applied: false, reason: Invented people}}
tracing:
  register: register.sqlite
  requests: requests
  people:
    file: people.csv
    columns: {{person: id, nhs_number: nhs, family_name: family, given_name: given, gender: sex, birth_date: born, death_date: died, postcode: postcode}}
    genders: {{F: female}}
    objection: {{not_recorded: "Invented people"}}
  allocations: {{file: allocations.csv, columns: {{person: id, end: end}}}}
"""


def write(path, names, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])


def make(place, root):
    (place / "cld.yaml").write_text(CONFIG.format(root=root), encoding="utf-8")
    people = [(who, number, family, "Ann Mary", "F", "07/03/1950", "", "ls1 4ap") for who, number, family, _ in WHO]
    people += [(who, "", family, "Ann", "F", "07/03/1950", died, "LS1 4AP") for who, family, died, _ in OTHERS]
    write(place / "people.csv", PEOPLE, people)
    ends = [(who, "") for who, *_ in WHO] + [(who, end) for who, _, _, end in OTHERS]
    write(place / "allocations.csv", ["id", "end"], ends)
    known = [(number or f"{family}/Ann", *truth) for _, number, family, truth in WHO if truth]
    write(place / "truth.csv", TRUTH, [(*row, *[""] * (len(TRUTH) - len(row))) for row in known])


def later(place):
    """By the second round PDS finds P08 without the postcode, P16 by name with the number held, and has no more faults.

    Of P15 and P17 it says what it said."""
    found = [("Nobody/Ann", "9990000107"), ("Elsewhere/Ann", "9434765919")]
    found += [(f"{family}/Ann", NONE) for who, _, family, _ in WHO if who[0] == "F"]
    rows = [(key, "98" if number == NONE else "00", number, "3", "100", "", "", "") for key, number in found]
    still = [(f"{family}/Ann", *truth, "", "", "") for who, _, family, truth in WHO if who in ("P15", "P17")]
    write(place / "truth.csv", TRUTH, rows + still)


def requested(said):
    assert said["people"] == len(WHO) + len(OTHERS), said
    assert said["selected"] == len(WHO) == sum(file["rows"] for file in said["files"]), said
    assert said["cross_check"] == 3, said
    assert said["excluded"] == {"dead": 1, "no_worker": 1, "incomplete": 1}, said


def applied(said):
    assert (said["files"], said["known_files"], said["answers"], said["for_nobody"]) == (1, 0, len(WHO), 0), said
    assert said["deaths"] == 1, said


def statuses(said, expected):
    assert {code: count for code, count in said["status"].items() if count} == expected, said


def status(said):
    """01 verified; 03 faults, a code that is not known, X1; 04 none or several; 05 conflict."""
    statuses(said, {"01": 5, "03": 10, "04": 5, "05": 6})


def again(said):
    assert (said["files"], said["known_files"], said["answers"]) == (1, 1, 0), said
    assert not said["rules"], said


def worklist(said):
    groups = said["groups"]
    for group in ("ask_gp", "check_birth_date", "check_death", "correct_number", "decide_match",
                  "merge_records", "refer_to_back_office", "send_again"):
        assert groups.get(group), (group, said)
    assert groups["merge_records"] == 2, said


def second(said):
    """P08, P16, the eight faults, and P15 and P17, of whom there is nothing to correct."""
    assert said["selected"] == said["again"] == 12, said


def second_answers(said):
    assert (said["known_files"], said["for_nobody"]) == (0, 0), said


def settled(said):
    statuses(said, {"01": 7, "03": 2, "04": 11, "05": 6})


CHECKS = {check.__name__: check for check in (requested, applied, status, again, worklist, second, second_answers, settled)}


def main():
    command, place = sys.argv[1], Path(sys.argv[2])
    if command == "make":
        make(place, sys.argv[3])
    elif command == "later":
        later(place)
    else:
        CHECKS[command](json.loads(place.read_text(encoding="utf-8")))


main()
