-- What follows from the log.
CREATE TABLE people (
    person TEXT PRIMARY KEY,
    status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 8),
    number TEXT,
    offered TEXT,
    flags INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    first_asked TEXT,
    last_asked TEXT,
    reference BLOB,
    rule TEXT,
    code TEXT,
    confidence INTEGER,
    death INTEGER,
    gone TEXT,
    since TEXT NOT NULL,
    CHECK ((status = 1) = (number IS NOT NULL))
) STRICT, WITHOUT ROWID;
-- 2 in flags: dead. No number is ever held by two living people.
CREATE UNIQUE INDEX one_holder ON people (number) WHERE number IS NOT NULL AND flags & 2 = 0;
CREATE INDEX dead_holders ON people (number) WHERE number IS NOT NULL AND flags & 2 <> 0;
CREATE TABLE sent (
    reference BLOB PRIMARY KEY,
    person TEXT NOT NULL,
    number TEXT,
    birth INTEGER,
    facts BLOB NOT NULL,
    flags INTEGER NOT NULL,
    request INTEGER NOT NULL,
    answered INTEGER,
    answer BLOB
) STRICT, WITHOUT ROWID;
CREATE TABLE requests (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, name TEXT NOT NULL, file BLOB NOT NULL, rows INTEGER NOT NULL, removed TEXT) STRICT;
CREATE TABLE answers (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, file BLOB NOT NULL UNIQUE, rows INTEGER NOT NULL, removed TEXT) STRICT;
