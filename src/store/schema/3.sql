-- The third schema. What is large and never changes lies apart from what changes often: a mail's state is
-- written anew several times, its bytes once.

CREATE TABLE inbox_raw (
  id  INTEGER PRIMARY KEY REFERENCES inbox(id) ON DELETE CASCADE,
  raw BLOB NOT NULL                  -- the row goes some time after the end of the introduction
) STRICT;
INSERT INTO inbox_raw SELECT id, raw FROM inbox WHERE raw IS NOT NULL;
ALTER TABLE inbox DROP COLUMN raw;

CREATE TABLE outbox_bytes (
  id    INTEGER PRIMARY KEY REFERENCES outbox(id) ON DELETE CASCADE,
  bytes BLOB NOT NULL                -- the row goes once the mail is accepted or given up
) STRICT;
INSERT INTO outbox_bytes SELECT id, bytes FROM outbox WHERE bytes IS NOT NULL;
ALTER TABLE outbox DROP COLUMN bytes;

CREATE TABLE outbox_visible (
  id      INTEGER PRIMARY KEY REFERENCES outbox(id) ON DELETE CASCADE,
  visible TEXT NOT NULL              -- subject and text as a person sees them: replies are aligned with it
) STRICT;
INSERT INTO outbox_visible SELECT id, visible FROM outbox WHERE visible <> '';
ALTER TABLE outbox DROP COLUMN visible;
