-- Version 12: sessions of people who are signed in with a browser.

CREATE TABLE session (
    number     INTEGER NOT NULL PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    hash       BLOB NOT NULL UNIQUE,
    -- The token whose holder signed in; absent: a person whom an issuer identified, and
    -- only then the columns up to `agent` are set.
    token      BLOB,
    actor      TEXT,
    name       TEXT,
    company    INTEGER REFERENCES company (id),
    role       TEXT,
    agent      TEXT,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
