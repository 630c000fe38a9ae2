-- Version 15: counts of the history by time, acknowledged alerts, and how rollouts ended.

-- Counts of entries. Derived: the entries are the truth, and their kinds say what the
-- numbers in `counts` mean. They hold no personal data and outlive their entries.
CREATE TABLE statistic (
    company     INTEGER NOT NULL REFERENCES company (id),
    -- Codes of the length of the time and of the kind of subject.
    granularity TEXT NOT NULL,
    dimension   TEXT NOT NULL,
    start       INTEGER NOT NULL,
    -- Queue, agent, channel or stage; empty: the company, or none.
    key         TEXT NOT NULL,
    -- Pairs of measure and amount, LEB128.
    counts      BLOB NOT NULL,
    PRIMARY KEY (company, granularity, dimension, start, key)
) STRICT, WITHOUT ROWID;

-- How far the history of a company is counted, and by which rules.
CREATE TABLE statistic_position (
    company INTEGER NOT NULL PRIMARY KEY REFERENCES company (id),
    feed    INTEGER NOT NULL,
    rules   INTEGER NOT NULL,
    zone    TEXT NOT NULL
) STRICT;

-- Alerts that a person acknowledged, by the feed number of their entry.
CREATE TABLE acknowledgement (
    company INTEGER NOT NULL REFERENCES company (id),
    feed    INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    by_     TEXT NOT NULL,
    PRIMARY KEY (company, feed)
) STRICT, WITHOUT ROWID;

-- Few entries: how rollouts ended.
CREATE INDEX entry_rollout_end ON entry (company, feed) WHERE kind = 86;
