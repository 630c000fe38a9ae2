-- Version 16: the words by which conversations are found.

-- A list of distinct words of texts in a conversation. One row for all texts of a contact,
-- and a further one where that has become long: few pages change with a commit, however
-- many words a text has.
CREATE TABLE word_list (
    conversation INTEGER NOT NULL REFERENCES conversation (number),
    -- The contact under whose key it is sealed, as the texts are.
    contact      BLOB NOT NULL,
    part         INTEGER NOT NULL,
    company      INTEGER NOT NULL,
    sealed       BLOB NOT NULL,
    PRIMARY KEY (conversation, contact, part),
    FOREIGN KEY (company, contact) REFERENCES contact (company, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX word_list_contact ON word_list (company, contact);

-- Conversations whose words are to be collected again: of earlier versions, and those with
-- a text that was replaced or deleted.
CREATE TABLE outdated_words (
    conversation INTEGER NOT NULL PRIMARY KEY REFERENCES conversation (number),
    company      INTEGER NOT NULL REFERENCES company (id)
) STRICT;
CREATE INDEX outdated_words_company ON outdated_words (company);
