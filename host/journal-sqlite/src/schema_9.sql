-- Version 9: what the company's CRM says about people.

CREATE TABLE contact_record (
    company    INTEGER NOT NULL REFERENCES company (id),
    -- Keyed hash of the CRM's id.
    id         BLOB NOT NULL,
    -- The contact under whose key it is sealed: that of one of its addresses.
    contact    BLOB NOT NULL,
    -- Keyed digest of what it says.
    digest     BLOB NOT NULL,
    updated_at INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (company, id),
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_record_contact ON contact_record (company, contact);

-- Whether a change was undone.
CREATE INDEX contact_change_undoes ON contact_change (company, undoes)
    WHERE undoes IS NOT NULL;
