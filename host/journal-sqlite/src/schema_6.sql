-- Version 6: what channels accepted of replies, and deliveries that could not be
-- decoded.

-- A part of a reply that a channel accepted.
CREATE TABLE receipt (
    -- Place in the order in which receipts were recorded.
    number       INTEGER NOT NULL PRIMARY KEY,
    company      INTEGER NOT NULL REFERENCES company (id),
    channel      TEXT NOT NULL,
    -- Keyed hash of the provider's id.
    message      TEXT NOT NULL,
    -- The outbox item. No reference: items that are done are deleted by age.
    key          TEXT NOT NULL,
    part         INTEGER NOT NULL,
    parts        INTEGER NOT NULL,
    -- Absent: none, and the receipt is deleted by age.
    conversation BLOB,
    contact      BLOB NOT NULL,
    account      TEXT NOT NULL,
    sealed       BLOB NOT NULL,
    accepted_at  INTEGER NOT NULL,
    -- Absent: the provider has reported nothing yet.
    state        TEXT,
    state_at     INTEGER,
    reason       TEXT,
    FOREIGN KEY (company, conversation) REFERENCES conversation (company, id),
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT;
CREATE UNIQUE INDEX receipt_part ON receipt (company, key, part);
CREATE INDEX receipt_message ON receipt (company, channel, message);
CREATE INDEX receipt_conversation ON receipt (company, conversation)
    WHERE conversation IS NOT NULL;
CREATE INDEX receipt_age ON receipt (accepted_at) WHERE conversation IS NULL;

-- States of messages whose receipt has not been recorded yet.
CREATE TABLE early_state (
    -- Place in the order in which the messages were first reported.
    number      INTEGER NOT NULL PRIMARY KEY,
    company     INTEGER NOT NULL REFERENCES company (id),
    channel     TEXT NOT NULL,
    message     TEXT NOT NULL,
    state       TEXT NOT NULL,
    state_at    INTEGER,
    reason      TEXT,
    -- When the first report reached the host.
    received_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX early_state_message ON early_state (company, channel, message);
CREATE INDEX early_state_order ON early_state (company, number);
CREATE INDEX early_state_age ON early_state (received_at);

-- Verified deliveries that could not be decoded.
CREATE TABLE quarantine (
    company     INTEGER NOT NULL REFERENCES company (id),
    number      INTEGER NOT NULL,
    channel     TEXT NOT NULL,
    account     TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    place       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    -- Keyed digest.
    digest      BLOB NOT NULL,
    -- Length of the sealed bytes.
    bytes       INTEGER NOT NULL,
    -- Last, for it may be long.
    sealed      BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX quarantine_number ON quarantine (company, number);
CREATE UNIQUE INDEX quarantine_once ON quarantine (company, channel, account, digest);
CREATE INDEX quarantine_size ON quarantine (company, bytes);
CREATE INDEX quarantine_age ON quarantine (received_at);

-- The highest number of a quarantined delivery, which is not used again when that
-- is removed.
ALTER TABLE company ADD COLUMN newest_quarantined INTEGER NOT NULL DEFAULT 0;

-- The part of a reply whose sending has begun and whose result is not recorded;
-- absent: none. After a crash it tells that the part may have been sent.
ALTER TABLE outbox ADD COLUMN begun_part INTEGER;
