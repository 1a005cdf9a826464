"""What PDS does, as far as a test of the round trip needs it: takes requests out of its mailbox and sends answers.

    pds.py TRUTH.csv

TRUTH.csv (key,code,nhs_number,algorithm,confidence,date_of_birth,date_of_death,sensitivity) says what PDS knows. A key is
an NHS number, for cross checks, or FAMILY_NAME/GIVEN_NAME, for the others; who is not in it is not found (98). An empty
date_of_birth is answered with the one asked. Columns and rows come back in another order than they went, with a record
about the file before them, CRLF, a mark of UTF-8, quotes round every cell, and a column nobody knows: all that may differ
in one file. The settings are those of the client's scripts, for the mailbox of PDS.
"""

import csv
import io
import os
import random
import sys

from mesh_client import MeshClient

REQUEST = (
    "UNIQUE REFERENCE,NHS_NO,FAMILY_NAME,GIVEN_NAME,OTHER_GIVEN_NAME,GENDER,DATE_OF_BIRTH,POSTCODE,DATE_OF_DEATH,"
    "ADDRESS_LINE1,ADDRESS_LINE2,ADDRESS_LINE3,ADDRESS_LINE4,ADDRESS_LINE5,ADDRESS_DATE,GP_PRACTICE_CODE,"
    "NHAIS_POSTING_ID,AS_AT_DATE,LOCAL_PATIENT_ID,INTERNAL_ID,TELEPHONE_NUMBER,MOBILE_NUMBER,EMAIL_ADDRESS"
).split(",")
ANSWER = (
    "UNIQUE REFERENCE,REQ_NHS_NUMBER,FAMILY_NAME,GIVEN_NAME,OTHER_GIVEN_NAME,GENDER,DATE_OF_BIRTH,DATE_OF_DEATH,"
    "ADDRESS_LINE1,ADDRESS_LINE2,ADDRESS_LINE3,ADDRESS_LINE4,ADDRESS_LINE5,POSTCODE,GP_PRACTICE_CODE,"
    "GP_REGISTRATION_DATE,NHAIS_POSTING_ID,AS_AT_DATE,LOCAL_PATIENT_ID,INTERNAL_ID,TELEPHONE_NUMBER,MOBILE_NUMBER,"
    "EMAIL_ADDRESS,SENSITIVITY_FLAG,MPS_ID,ERROR/SUCCESS_CODE,MATCHED_NHS_NO,MATCHED_ALGORITHM_INDICATOR,"
    "MATCHED_CONFIDENCE_PERCENTAGE,A_COLUMN_NOBODY_KNOWS"
).split(",")
NOT_FOUND = {"code": "98", "nhs_number": "0000000000", "algorithm": "0", "confidence": "0"}


def asked(body):
    """The rows of a request, which must be what PDS takes: 23 columns, ASCII, LF, no quotes, no mark."""
    text = body.decode("ascii")
    if "\r" in text or '"' in text or not text.endswith("\n"):
        sys.exit("the request has a carriage return, a quotation mark or no line end")
    names, *rows = (line.split(",") for line in text.splitlines())
    if names != REQUEST:
        sys.exit("the request has other columns than PDS takes")
    if any(len(row) != len(REQUEST) for row in rows):
        sys.exit("the request has a row of another length")
    references = {row[0] for row in rows}
    if len(references) != len(rows) or any(ref.isdigit() or not ref for ref in references):
        sys.exit("the request has a reference that is missing, there twice or a number")
    return [dict(zip(names, row)) for row in rows]


def answer(rows, truth, chance):
    """The answer to a request, as bytes."""
    answers = []
    for row in rows:
        key = row["NHS_NO"] or f"{row['FAMILY_NAME']}/{row['GIVEN_NAME']}"
        known = truth.get(key, NOT_FOUND)
        answers.append(
            {
                "UNIQUE REFERENCE": row["UNIQUE REFERENCE"],
                "REQ_NHS_NUMBER": row["NHS_NO"],
                "FAMILY_NAME": row["FAMILY_NAME"],
                "DATE_OF_BIRTH": known.get("date_of_birth") or (row["DATE_OF_BIRTH"] if known is not NOT_FOUND else ""),
                "DATE_OF_DEATH": known.get("date_of_death", ""),
                "ADDRESS_LINE1": '2, "The Mews"' if known is not NOT_FOUND else "",
                "SENSITIVITY_FLAG": known.get("sensitivity", ""),
                "ERROR/SUCCESS_CODE": known["code"],
                "MATCHED_NHS_NO": known["nhs_number"],
                "MATCHED_ALGORITHM_INDICATOR": known["algorithm"],
                "MATCHED_CONFIDENCE_PERCENTAGE": known["confidence"],
            }
        )
    columns = ANSWER.copy()
    chance.shuffle(columns)
    chance.shuffle(answers)
    text = io.StringIO()
    text.write(f"\ufeffRESP_1,SPINE_PDS_MESH_V1,20260101120000,{len(answers)},00\r\n")
    writer = csv.DictWriter(text, columns, restval="", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(answers)
    return text.getvalue().encode()


def main():
    """Answers every request that is there."""
    with open(sys.argv[1], newline="", encoding="ascii") as file:
        truth = {row["key"]: row for row in csv.DictReader(file)}
    env, chance, answered = os.environ, random.Random(7), 0
    with MeshClient(env["MESH_URL"], env["MESH_MAILBOX"], env["MESH_PASSWORD"], env["MESH_SHARED_KEY"].encode()) as mesh:
        mesh.handshake()
        for message in mesh.iterate_all_messages():
            with message:
                rows = asked(message.read())
                mesh.send_message(
                    message.sender,
                    answer(rows, truth, chance),
                    workflow_id=env["MESH_WORKFLOW"],
                    filename=f"RESP_{message.filename}_20260101120000.csv",
                    local_id=message.local_id,
                )
                answered += 1
                print(f"PDS answered {message.filename}: {len(rows)} rows")
    if not answered:
        sys.exit("there was no request for PDS")


main()
