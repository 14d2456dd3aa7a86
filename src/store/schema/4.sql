-- The fourth schema. Each change of a mail's state costs one index, and none that tests a list of states:
-- SQLite builds such a list anew for each row it writes. What is open is what was not settled.

UPDATE outbox SET settled_at = NULL WHERE state IN ('queued', 'inflight', 'unknown');
UPDATE outbox SET settled_at = created_at
  WHERE settled_at IS NULL AND state NOT IN ('queued', 'inflight', 'unknown');
DROP INDEX outbox_due;
DROP INDEX outbox_ready;
DROP INDEX outbox_open;
-- The last column makes it whole: SQLite would look into the table for what the condition says.
CREATE INDEX outbox_open ON outbox(state, attempts > 0, id, not_before, settled_at)
  WHERE settled_at IS NULL;

-- A mail that gave its place to another one: apart from its state, so that the indexes of what is written
-- once are left alone when that changes.
ALTER TABLE outbox ADD COLUMN gave_way INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET gave_way = 1 WHERE state = 'superseded';
DROP INDEX outbox_once;
DROP INDEX outbox_ask_once;
CREATE UNIQUE INDEX outbox_once ON outbox(introduction) WHERE saying = 'introduction' AND gave_way = 0;
CREATE UNIQUE INDEX outbox_ask_once ON outbox(introduction, recipients)
  WHERE saying = 'ask' AND gave_way = 0;

-- Whom a connector introduced, and whose words are old enough to go, without reading what else has ended.
CREATE INDEX introductions_made ON introductions(connector, id) WHERE stage = 'introduced';
CREATE INDEX introductions_kept ON introductions(updated_at) WHERE words_kept = 1 AND wake_at IS NULL;
