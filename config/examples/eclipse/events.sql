-- One row for each event. The address and the practice are those in force when the event began, else the latest.
SELECT e.*, p.forename, p.surname, p.gender, p.ethnicitycode, p.dateofbirth, p.dateofdeath, p.nhsnumber, p.duplicated,
       a.postcode, g.practicecode
FROM eclipseevent e
LEFT JOIN personview p ON p.personid = e.personid
LEFT JOIN LATERAL (
    SELECT postcode FROM addresspersonview a
    WHERE a.personid = e.personid AND a.type = 'HOME'
    ORDER BY (a.startdate <= e.startdate AND (a.enddate IS NULL OR a.enddate >= e.startdate)) DESC NULLS LAST, a.startdate DESC
    LIMIT 1
) a ON true
LEFT JOIN gpview g ON g.personid = e.personid
ORDER BY e.eventid
