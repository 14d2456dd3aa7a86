-- Times are seconds since 1970. JSON columns hold the types of the pure rooms.

-- What this instance knows of itself.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY NOT NULL,  -- instance (hex id), instance_key (hex), paused, queue_stopped, subaddressing, started_at
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The folders that are read, one row for each UIDVALIDITY seen.
CREATE TABLE folders (
  account      TEXT NOT NULL,     -- user@host of the IMAP login
  mailbox      TEXT NOT NULL,
  uid_validity INTEGER NOT NULL,
  first_uid    INTEGER NOT NULL,  -- mails below it were there before the first start and are left alone
  PRIMARY KEY (account, mailbox, uid_validity)
) STRICT, WITHOUT ROWID;

-- Every mail that was taken, before anything is done with it.
CREATE TABLE inbox (
  id              INTEGER PRIMARY KEY,
  account         TEXT NOT NULL,
  mailbox         TEXT NOT NULL,
  uid_validity    INTEGER NOT NULL,
  uid             INTEGER NOT NULL,
  content_key     BLOB NOT NULL,     -- hash of author, Message-ID, Date, Subject and body, without trace fields
  message_id      TEXT,              -- with angle brackets
  internal_date   INTEGER,
  size            INTEGER NOT NULL,  -- octets on the server
  complete        INTEGER NOT NULL,  -- 0: only the beginning was fetched
  raw             BLOB,              -- dropped some time after the end of the introduction
  facts           TEXT,              -- JSON of reader::author::Facts; null: not looked up
  attempts        INTEGER NOT NULL,  -- counted before parsing: a mail that kills the process is found by it
  disposition     TEXT,              -- null: not handled yet
  reason          TEXT,              -- of the disposition, without addresses or words
  duplicate_of    INTEGER REFERENCES inbox(id),
  introduction    INTEGER REFERENCES introductions(id),
  arrived_at      INTEGER NOT NULL,
  UNIQUE (account, mailbox, uid_validity, uid)
) STRICT;
CREATE INDEX inbox_content ON inbox(content_key);
CREATE INDEX inbox_message ON inbox(message_id);
CREATE INDEX inbox_pending ON inbox(id) WHERE disposition IS NULL;
CREATE INDEX inbox_introduction ON inbox(introduction);

CREATE TABLE introductions (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  stage          TEXT NOT NULL,
  requester      TEXT,             -- address in normal form; null while unknown
  requester_rate TEXT,             -- the form limits are counted under
  connector      TEXT,
  target         TEXT,
  target_rate    TEXT,
  asked_at       INTEGER,          -- when the ask was written
  wake_at        INTEGER,          -- when time will change something; null: never
  data           TEXT NOT NULL,    -- JSON of rules::introduction::Introduction
  words_kept     INTEGER NOT NULL DEFAULT 1,  -- 0: the words of its mails were dropped
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX introductions_wake ON introductions(wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX introductions_target ON introductions(target_rate, asked_at);
CREATE INDEX introductions_requester ON introductions(requester_rate);
CREATE INDEX introductions_stage ON introductions(stage);

-- The story of an introduction, for `show`.
CREATE TABLE story (
  id           INTEGER PRIMARY KEY,
  introduction INTEGER NOT NULL REFERENCES introductions(id) ON DELETE CASCADE,
  at           INTEGER NOT NULL,
  event        TEXT NOT NULL,      -- what happened
  stage        TEXT NOT NULL,      -- the stage after it
  detail       TEXT NOT NULL       -- how the mail was read, or empty
) STRICT;
CREATE INDEX story_introduction ON story(introduction, id);

-- One secret a mail: its row id and 128 random bits are the token that answers carry.
CREATE TABLE secrets (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  hash         BLOB NOT NULL,      -- SHA-256 of the bits
  introduction INTEGER REFERENCES introductions(id) ON DELETE CASCADE,
  saying       TEXT NOT NULL,      -- the mail that carries it, and so what it may decide
  payload      TEXT NOT NULL,      -- JSON of rules::saying::Saying
  created_at   INTEGER NOT NULL,
  dead_at      INTEGER             -- once used up
) STRICT;
CREATE INDEX secrets_introduction ON secrets(introduction);

-- Every mail that was written: one Message-ID, one sequence of bytes, before the first is sent.
CREATE TABLE outbox (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  introduction  INTEGER REFERENCES introductions(id) ON DELETE CASCADE,
  saying        TEXT NOT NULL,
  secret        INTEGER NOT NULL REFERENCES secrets(id) ON DELETE CASCADE,
  message_id    TEXT NOT NULL UNIQUE,
  mark          TEXT NOT NULL UNIQUE,  -- the value of X-Askfirst-Id
  envelope_from TEXT NOT NULL,
  recipients    TEXT NOT NULL,         -- JSON array of addresses
  bytes         BLOB,                  -- null once accepted or given up
  visible       TEXT NOT NULL,         -- subject and text as a person sees them: replies are aligned with it
  state         TEXT NOT NULL,         -- queued, inflight, accepted, refused, unknown
  attempts      INTEGER NOT NULL,
  not_before    INTEGER NOT NULL,
  last_phase    TEXT,
  reply         TEXT,                  -- the server's last word
  provider_id   TEXT,                  -- the id the relay gave the mail, where its reply tells
  created_at    INTEGER NOT NULL,
  settled_at    INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox(not_before) WHERE state IN ('queued', 'inflight', 'unknown');
CREATE INDEX outbox_introduction ON outbox(introduction);
CREATE INDEX outbox_provider ON outbox(provider_id) WHERE provider_id IS NOT NULL;
-- An introduction is written once; an ask once to an address.
CREATE UNIQUE INDEX outbox_once ON outbox(introduction) WHERE saying = 'introduction';
CREATE UNIQUE INDEX outbox_ask_once ON outbox(introduction, recipients) WHERE saying = 'ask';

-- People's wishes, under a keyed hash of the address.
CREATE TABLE wishes (
  person BLOB NOT NULL,            -- HMAC-SHA-256 of the address under the instance's key
  wish   TEXT NOT NULL,            -- stop
  at     INTEGER NOT NULL,
  PRIMARY KEY (person, wish)
) STRICT, WITHOUT ROWID;

-- Answers given to somebody who is part of no introduction, to give each at most one a day.
CREATE TABLE notices (
  person BLOB NOT NULL,
  kind   TEXT NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (person, kind)
) STRICT, WITHOUT ROWID;
