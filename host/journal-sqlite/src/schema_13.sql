-- Version 13: resolved conversations in the order in which they were resolved, and whom
-- an entry concerns.

-- When it was resolved; absent while it is not.
ALTER TABLE conversation ADD COLUMN resolved_at INTEGER;
UPDATE conversation SET resolved_at = touched_at WHERE state = 'resolved';
CREATE INDEX conversation_resolved ON conversation (company, resolved_at, number)
    WHERE resolved_at IS NOT NULL;

-- Agents and queues that the conversation had before and after the commit, as JSON, empty
-- for nobody; absent in entries of the company, and in those of earlier versions.
ALTER TABLE entry ADD COLUMN scope TEXT;
