-- Version 17: files that agents uploaded for replies.

CREATE TABLE file (
    -- Random: a piece of an upload that was replaced finds no row.
    upload       INTEGER NOT NULL PRIMARY KEY,
    company      INTEGER NOT NULL,
    conversation INTEGER NOT NULL REFERENCES conversation (number),
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
    -- Absent: kept with its conversation.
    expires_at   INTEGER,
    -- Name, type and digest; empty while the pieces come in.
    sealed       BLOB NOT NULL,
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT;
CREATE UNIQUE INDEX file_id ON file (conversation, id);
CREATE INDEX file_contact ON file (company, contact);
-- Few: those that no entry of a history names.
CREATE INDEX file_waiting ON file (company, expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE file_piece (
    upload  INTEGER NOT NULL REFERENCES file (upload),
    piece   INTEGER NOT NULL,
    company INTEGER NOT NULL,
    contact BLOB NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (upload, piece),
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT;
