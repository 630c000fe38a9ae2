-- Version 5: what each company stores, in a table of its own: its rows are small
-- and change often. The migration counts what is stored.
CREATE TABLE stored_bytes (
    company INTEGER NOT NULL PRIMARY KEY,
    bytes   INTEGER NOT NULL
) STRICT;
