-- Version 10: how far the host has read at providers that it must ask.

CREATE TABLE poll_cursor (
    company    INTEGER NOT NULL REFERENCES company (id),
    -- Name of the adapter.
    channel    TEXT NOT NULL,
    connection TEXT NOT NULL,
    stored_at  INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (company, channel, connection)
) STRICT, WITHOUT ROWID;
