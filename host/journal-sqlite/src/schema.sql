-- Version 1 of the journal. The text of a statement is stored in the database
-- and never changes. Every key contains the company, so that a database that
-- distributes by column can shard it: as its first column, except behind a number
-- assigned in one order for all companies. Such a number keeps rows written
-- together close together, so that 10,000 companies cost no more than one.
-- Times are microseconds since 1970 (UTC). References are declared but not
-- enforced: each write maintains them in its transaction, and `check` verifies
-- them.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE company (
    id          INTEGER NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    -- Lowest number of the feed still kept.
    feed_oldest INTEGER NOT NULL DEFAULT 1,
    -- Number of the generation it decides by; absent: none was given. And since
    -- when, as that generation's row says: all companies are read at a look.
    generation  INTEGER,
    since       INTEGER
) STRICT;

-- The inbox. An input is decided when an entry names it; its row does not
-- change then.
CREATE TABLE inbound (
    ordinal     INTEGER NOT NULL PRIMARY KEY,
    company     INTEGER NOT NULL REFERENCES company (id),
    slot        INTEGER NOT NULL,
    channel     TEXT NOT NULL,
    account     TEXT NOT NULL,
    message     TEXT NOT NULL,
    digest      BLOB NOT NULL,
    kind        TEXT NOT NULL,
    thread      BLOB NOT NULL,
    contact     BLOB,
    received_at INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    -- The caller's trace (16 bytes), its span (8) and whether it is sampled (1);
    -- absent: it said nothing of one.
    traceparent BLOB,
    body        BLOB NOT NULL,
    -- How often the host died while it was being decided.
    crashes     INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT;
CREATE UNIQUE INDEX inbound_once ON inbound (company, channel, account, message, digest);

CREATE TABLE conversation (
    -- What its entries know it by: conversations that are active together have
    -- numbers close together, so their entries stand on few pages of the index.
    -- Ids are as good as random.
    number     INTEGER NOT NULL PRIMARY KEY,
    company    INTEGER NOT NULL REFERENCES company (id),
    id         BLOB NOT NULL,
    sequence   INTEGER NOT NULL,
    state      TEXT NOT NULL,
    queue      TEXT,
    owner      TEXT,
    due_at     INTEGER,
    touched_at INTEGER NOT NULL,
    snapshot   BLOB NOT NULL,
    -- What seldom changes, so that a commit leaves the indexes alone.
    thread     BLOB NOT NULL,
    contact    BLOB,
    opened_at  INTEGER NOT NULL,
    -- Not resolved, or with a clock running.
    live       INTEGER NOT NULL,
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT;
CREATE UNIQUE INDEX conversation_key ON conversation (company, id);
CREATE INDEX conversation_thread ON conversation (company, thread, opened_at);
CREATE INDEX conversation_contact ON conversation (company, contact) WHERE contact IS NOT NULL;
CREATE INDEX conversation_live ON conversation (company, id) WHERE live = 1;

CREATE TABLE entry (
    company      INTEGER NOT NULL,
    feed         INTEGER NOT NULL,
    -- Absent: it happened to the company, and its sequence is 0.
    conversation INTEGER REFERENCES conversation (number),
    sequence     INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    input        INTEGER REFERENCES inbound (ordinal),
    contact      BLOB,
    head         TEXT NOT NULL,
    sealed       BLOB NOT NULL,
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT;
CREATE UNIQUE INDEX entry_feed ON entry (company, feed);
CREATE UNIQUE INDEX entry_sequence ON entry (company, conversation, sequence);
-- Few entries: those that supervisors watch.
CREATE INDEX entry_watched ON entry (company, feed) WHERE kind BETWEEN 48 AND 63;
CREATE INDEX entry_note ON entry (company, at) WHERE conversation IS NULL;
CREATE UNIQUE INDEX entry_input ON entry (company, input) WHERE input IS NOT NULL;

CREATE TABLE state (
    company   INTEGER NOT NULL REFERENCES company (id),
    scope     TEXT NOT NULL,
    owner     BLOB NOT NULL,
    plugin    TEXT NOT NULL,
    version   INTEGER NOT NULL,
    key       TEXT NOT NULL,
    value     BLOB,
    -- Nanoseconds, as the decision gave them; absent: never.
    expires   INTEGER,
    counter   INTEGER NOT NULL,
    -- Pairs of expiry (nanoseconds) and amount, both i64 little-endian.
    windowed  BLOB NOT NULL,
    -- When nothing is left of it; absent: never.
    forget_at INTEGER,
    PRIMARY KEY (company, scope, owner, plugin, version, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    -- Place in the order in which items were put in.
    number       INTEGER NOT NULL PRIMARY KEY,
    company      INTEGER NOT NULL REFERENCES company (id),
    key          TEXT NOT NULL,
    target       TEXT NOT NULL,
    -- What one conversation has for one target is a line: it goes out in order.
    -- No reference: what is done may outlive the conversation by a little.
    conversation BLOB,
    payload      BLOB NOT NULL,
    not_before   INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    state        TEXT NOT NULL DEFAULT 'waiting',
    -- It waits, and so does an earlier one of its line.
    held         INTEGER NOT NULL DEFAULT 0,
    problem      TEXT
) STRICT;
CREATE UNIQUE INDEX outbox_key ON outbox (company, key);
CREATE INDEX outbox_due ON outbox (not_before, company, key) 
    WHERE state = 'waiting' AND held = 0;
CREATE INDEX outbox_open ON outbox (company, state, key) WHERE state <> 'done';
CREATE INDEX outbox_line ON outbox (company, conversation, target, state)
    WHERE state <> 'done' AND conversation IS NOT NULL;

CREATE TABLE contact (
    company     INTEGER NOT NULL REFERENCES company (id),
    id          BLOB NOT NULL,
    merged_into BLOB,
    created_at  INTEGER NOT NULL,
    erased_at   INTEGER,
    PRIMARY KEY (company, id),
    FOREIGN KEY (company, merged_into) REFERENCES contact (company, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_merged ON contact (company, merged_into) WHERE merged_into IS NOT NULL;

-- Generations of a company. They are never deleted: an old decision names its
-- generation.
CREATE TABLE generation (
    company      INTEGER NOT NULL REFERENCES company (id),
    number       INTEGER NOT NULL,
    digest       BLOB NOT NULL,
    by_          TEXT NOT NULL,
    at           INTEGER NOT NULL,
    activated_at INTEGER,
    -- Pairs of queues, as a JSON object; absent: none.
    moved        TEXT,
    -- Last, for it may be long: what stands after it is far away.
    source       BLOB NOT NULL,
    PRIMARY KEY (company, number)
) STRICT, WITHOUT ROWID;

-- Components, by digest; companies share them.
CREATE TABLE generation_part (
    digest BLOB NOT NULL PRIMARY KEY,
    bytes  BLOB NOT NULL
) STRICT;

-- Shadow run or canary of a candidate generation; at most one a company.
CREATE TABLE rollout (
    company    INTEGER NOT NULL PRIMARY KEY REFERENCES company (id),
    generation INTEGER NOT NULL,
    control    INTEGER NOT NULL,
    terms      TEXT NOT NULL,
    tally      TEXT NOT NULL
) STRICT;

-- Agents of a company: employees, not contacts. Nothing here is sealed.
CREATE TABLE agent (
    company    INTEGER NOT NULL REFERENCES company (id),
    id         TEXT NOT NULL,
    profile    TEXT NOT NULL,
    presence   TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    state      BLOB NOT NULL,
    PRIMARY KEY (company, id)
) STRICT, WITHOUT ROWID;

-- Directives of operators in force, such as bypass and drain.
CREATE TABLE directive (
    company INTEGER NOT NULL REFERENCES company (id),
    name    TEXT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (company, name)
) STRICT, WITHOUT ROWID;

-- Keys of contacts, in a table of their own: rows of one size that are only
-- appended, and overwritten in place by zeros. A page of this table is therefore
-- never rebalanced, which could leave a copy of a destroyed key in the unused
-- part of a page.
CREATE TABLE contact_key (
    number  INTEGER NOT NULL PRIMARY KEY,
    company INTEGER NOT NULL,
    contact BLOB NOT NULL,
    wrapped BLOB NOT NULL,
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT;
CREATE UNIQUE INDEX contact_key_of ON contact_key (company, contact);

CREATE TABLE address (
    company INTEGER NOT NULL,
    -- Keyed hash of channel and address.
    hash    BLOB NOT NULL,
    channel TEXT NOT NULL,
    contact BLOB NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (company, hash),
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX address_contact ON address (company, contact);

CREATE TABLE contact_change (
    company INTEGER NOT NULL REFERENCES company (id),
    number  INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    contact BLOB NOT NULL,
    into_   BLOB NOT NULL,
    by_     TEXT NOT NULL,
    at      INTEGER NOT NULL,
    undoes  INTEGER,
    PRIMARY KEY (company, number)
) STRICT, WITHOUT ROWID;

-- Access tokens. Of a secret only a hash is stored. Rows are never deleted: the
-- audit trail names them.
CREATE TABLE token (
    number     INTEGER NOT NULL PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    hash       BLOB NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    -- Absent: the whole host.
    company    INTEGER REFERENCES company (id),
    role       TEXT NOT NULL,
    agent      TEXT,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    -- Absent: never.
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX token_agent ON token (company, agent) WHERE agent IS NOT NULL;

-- The audit trail: administrative actions in one order for all companies, each
-- row chained to the one before it. Rows are never changed or deleted. The
-- company is stored by name: a row contains everything its hash covers.
CREATE TABLE audit (
    number   INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    company  TEXT,
    actor    TEXT NOT NULL,
    act      TEXT NOT NULL,
    details  TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash     BLOB NOT NULL
) STRICT;
CREATE INDEX audit_company ON audit (company, number) WHERE company IS NOT NULL;
