-- Version 8: what customers said that the company may not send them.

CREATE TABLE opt_out (
    company      INTEGER NOT NULL REFERENCES company (id),
    contact      BLOB NOT NULL,
    channel      TEXT NOT NULL,
    account      TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    is_opted_out INTEGER NOT NULL,
    source       TEXT NOT NULL,
    -- By the provider's clock.
    at           INTEGER NOT NULL,
    PRIMARY KEY (company, contact, channel, account, purpose),
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT, WITHOUT ROWID;
