-- Version 20: how far people have read conversations, and searches of the audit trail.

CREATE TABLE seen_mark (
    company      INTEGER NOT NULL,
    conversation INTEGER NOT NULL REFERENCES conversation (number),
    -- Id of the agent, or name of the supervisor.
    person       TEXT NOT NULL,
    -- Number of the newest entry that they saw.
    sequence     INTEGER NOT NULL,
    -- Ordinal of the newest input up to that entry; 0: none.
    input        INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (company, conversation, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_act ON audit (act, number);
CREATE INDEX audit_actor ON audit (actor, number);
CREATE INDEX audit_at ON audit (at);
