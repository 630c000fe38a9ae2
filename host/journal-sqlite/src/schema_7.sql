-- Version 7: deliveries as they came.

-- A delivery whose files come within it.
CREATE TABLE original (
    company     INTEGER NOT NULL REFERENCES company (id),
    -- Sealed bytes of all that the company stored before it: also its place in the
    -- order. The newest rows of so many bytes are those after a place.
    start       INTEGER NOT NULL,
    channel     TEXT NOT NULL,
    account     TEXT NOT NULL,
    -- Id of the message, as in `inbound`.
    message     TEXT NOT NULL,
    contact     BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    -- Last, for it may be long.
    sealed      BLOB NOT NULL,
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT;
CREATE UNIQUE INDEX original_message ON original (company, channel, account, message);
CREATE UNIQUE INDEX original_order ON original (company, start);
CREATE INDEX original_contact ON original (company, contact);
CREATE INDEX original_age ON original (received_at);
