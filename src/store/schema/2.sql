-- The second schema. Open until it is released; each addition stands under a line that says what for.

-- Brakes: how much room is left for mails that unproven authors cause, and for mails to one target.
CREATE TABLE buckets (
  key     BLOB PRIMARY KEY NOT NULL,  -- HMAC-SHA-256 of what is counted, under the instance's key
  full_at INTEGER NOT NULL            -- when it is full again if nothing more is taken
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_held ON inbox(id) WHERE disposition = 'held';
