-- The second schema. Open until it is released; each addition stands under a line that says what for.

-- Limits that are counted by the day: requests of one requester, questions brought to one connector.
CREATE TABLE spent (
  person BLOB NOT NULL,            -- HMAC-SHA-256 of the address under the instance's key
  kind   TEXT NOT NULL,
  day    INTEGER NOT NULL,         -- days since 1970
  times  INTEGER NOT NULL,
  PRIMARY KEY (person, kind, day)
) STRICT, WITHOUT ROWID;

-- Brakes: how much room is left for mails that unproven authors cause, and for mails to one target.
CREATE TABLE buckets (
  key     BLOB PRIMARY KEY NOT NULL,  -- HMAC-SHA-256 of what is counted, under the instance's key
  full_at INTEGER NOT NULL            -- when it is full again if nothing more is taken
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_held ON inbox(id) WHERE disposition = 'held';

-- Outcomes that nobody knows, and mails that were too long.
-- outbox.state may also be: superseded (a shorter mail took its place).
ALTER TABLE outbox ADD COLUMN unknowns INTEGER NOT NULL DEFAULT 0;  -- attempts whose outcome nobody knows: at most so many copies more than one
ALTER TABLE outbox ADD COLUMN failed_looks INTEGER NOT NULL DEFAULT 0;  -- times that proof of an unknown outcome could not be looked for
ALTER TABLE outbox ADD COLUMN shortened_from INTEGER REFERENCES outbox(id);  -- the mail that was too long
DROP INDEX outbox_once;
DROP INDEX outbox_ask_once;
CREATE UNIQUE INDEX outbox_once ON outbox(introduction)
  WHERE saying = 'introduction' AND state <> 'superseded';
CREATE UNIQUE INDEX outbox_ask_once ON outbox(introduction, recipients)
  WHERE saying = 'ask' AND state <> 'superseded';

-- Mails of ours that this database did not write: an old backup, or a second askfirst.
-- Further keys of meta: distrust (why sending stopped), trusted_number, clock_seen, clock_held, mail_refused, sent_seen.
CREATE TABLE strangers (
  mark    TEXT PRIMARY KEY NOT NULL,  -- the X-Askfirst-Id, or another name of the sighting
  seen_at INTEGER NOT NULL,
  trusted INTEGER NOT NULL            -- 1: the operator knows
) STRICT, WITHOUT ROWID;

-- The next mails to send, found in order without reading the queue.
CREATE INDEX outbox_ready ON outbox(attempts > 0, id, not_before) WHERE state = 'queued';

-- Answers find the mail they answer, and loops find what is open, without reading what was settled.
CREATE INDEX outbox_secret ON outbox(secret);
CREATE INDEX outbox_open ON outbox(state, id) WHERE state IN ('queued', 'inflight', 'unknown');
