-- Version 11: beside the cursor of a connection, what renews its access token.

CREATE TABLE connection_record (
    company    INTEGER NOT NULL REFERENCES company (id),
    -- Name of the adapter.
    channel    TEXT NOT NULL,
    connection TEXT NOT NULL,
    -- A code: what is remembered.
    kind       TEXT NOT NULL,
    stored_at  INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (company, channel, connection, kind)
) STRICT, WITHOUT ROWID;

INSERT INTO connection_record (company, channel, connection, kind, stored_at, sealed)
SELECT company, channel, connection, 'poll-cursor', stored_at, sealed FROM poll_cursor;

DROP TABLE poll_cursor;
