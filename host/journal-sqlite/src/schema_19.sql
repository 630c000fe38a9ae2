-- Version 19: a removed file has no conversation, and is found among the others.

-- Its conversation can be deleted before its pieces, which are deleted in steps.
CREATE TABLE new_file (
    -- Random: a piece of an upload that was replaced finds no row.
    upload       INTEGER NOT NULL PRIMARY KEY,
    company      INTEGER NOT NULL,
    -- Absent once the file is removed.
    conversation INTEGER REFERENCES conversation (number),
    -- Given by the client.
    id           TEXT NOT NULL,
    -- The contact under whose key it is sealed.
    contact      BLOB NOT NULL,
    by_          TEXT NOT NULL,
    state        TEXT NOT NULL,
    -- Bytes of the file, before they are sealed.
    size         INTEGER NOT NULL,
    pieces       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    -- Absent: kept with its conversation, or removed.
    expires_at   INTEGER,
    -- Name, type and digest; empty while the pieces come in, and of a removed file.
    sealed       BLOB NOT NULL,
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT;
INSERT INTO new_file SELECT * FROM file;
DROP TABLE file;
ALTER TABLE new_file RENAME TO file;
CREATE UNIQUE INDEX file_id ON file (conversation, id);
CREATE INDEX file_contact ON file (company, contact);
-- Few: those that no entry of a history names.
CREATE INDEX file_waiting ON file (company, expires_at) WHERE expires_at IS NOT NULL;
-- Few: those whose pieces are being deleted.
CREATE INDEX file_removed ON file (upload) WHERE state = 'removed';
