-- Version 2: the wordings of a message are ordered, and known by what was said.

-- When the channel says that this wording was written; absent: it does not say.
ALTER TABLE inbound ADD COLUMN written_at INTEGER;
-- Keyed digests of what was said and of the rest without its times; absent:
-- accepted by an earlier version, or no wording.
ALTER TABLE inbound ADD COLUMN content BLOB;
-- What it is among the wordings of its message: 0 the first, 1 newer than the
-- others, 2 older than another or than the deletion; absent as above.
ALTER TABLE inbound ADD COLUMN wording INTEGER;

-- The newest wording or the deletion of a message id of which a second input
-- came.
CREATE TABLE message_state (
    company    INTEGER NOT NULL REFERENCES company (id),
    channel    TEXT NOT NULL,
    account    TEXT NOT NULL,
    message    TEXT NOT NULL,
    -- Its input. No reference: inputs are deleted by age.
    ordinal    INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    written_at INTEGER,
    digest     BLOB NOT NULL,
    content    BLOB,
    PRIMARY KEY (company, channel, account, message)
) STRICT, WITHOUT ROWID;
