-- The register of NHS numbers. `log` is what happened; the other tables say what follows from it, and can be made again
-- from it. A person's entries may lose who they are about (purged_by), never what happened.
PRAGMA user_version = 1;
CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    event TEXT NOT NULL,
    rule TEXT,
    code TEXT,
    file BLOB,
    name TEXT,
    rows INTEGER,
    of INTEGER,
    old_status INTEGER,
    new_status INTEGER,
    sealed BLOB,
    hash BLOB NOT NULL,
    salt BLOB,
    person TEXT,
    reference BLOB,
    old_number TEXT,
    new_number TEXT,
    birth INTEGER,
    day INTEGER,
    facts BLOB,
    flags INTEGER,
    confidence INTEGER,
    purged_by INTEGER
) STRICT;
-- 512 in flags: a claim to the number.
CREATE INDEX claims ON log (new_number) WHERE event = 'answered' AND person IS NOT NULL AND flags & 512 <> 0;
CREATE TRIGGER log_is_not_deleted BEFORE DELETE ON log BEGIN
    SELECT RAISE(ABORT, 'the log is only added to');
END;
CREATE TRIGGER log_is_added_at_the_end BEFORE INSERT ON log
WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM log) OR NEW.purged_by IS NOT NULL BEGIN
    SELECT RAISE(ABORT, 'the log is only added to');
END;
CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log
WHEN NEW.purged_by IS NULL
    OR OLD.purged_by IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM log WHERE seq = NEW.purged_by AND event = 'purged')
    OR OLD.person IS NULL
    OR COALESCE(NEW.salt, NEW.person, NEW.reference, NEW.old_number, NEW.new_number, NEW.birth, NEW.day, NEW.facts,
        NEW.flags, NEW.confidence) IS NOT NULL
    OR NEW.seq IS NOT OLD.seq OR NEW.at IS NOT OLD.at OR NEW.event IS NOT OLD.event OR NEW.rule IS NOT OLD.rule
    OR NEW.code IS NOT OLD.code OR NEW.file IS NOT OLD.file OR NEW.name IS NOT OLD.name OR NEW.rows IS NOT OLD.rows
    OR NEW.of IS NOT OLD.of OR NEW.old_status IS NOT OLD.old_status OR NEW.new_status IS NOT OLD.new_status
    OR NEW.sealed IS NOT OLD.sealed OR NEW.hash IS NOT OLD.hash
BEGIN
    SELECT RAISE(ABORT, 'the log is only added to');
END;
