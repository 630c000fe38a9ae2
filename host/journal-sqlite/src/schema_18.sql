-- Version 18: replies and internal notes are found by the ids that agents' clients gave them.

-- Without them, each new reply or note reads all entries of its conversation.
CREATE INDEX entry_reply ON entry (conversation, json_extract(head, '$.reply'), sequence)
    WHERE kind BETWEEN 95 AND 111;
CREATE INDEX entry_written_note ON entry (conversation, json_extract(head, '$.note'), sequence)
    WHERE kind = 112;
