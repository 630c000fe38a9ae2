-- Version 14: replies that wait before they are sent, so that their authors may take them
-- back.

-- It waits for its first attempt and may be taken back. What was put in before may not.
ALTER TABLE outbox ADD COLUMN can_take_back INTEGER NOT NULL DEFAULT 0;
