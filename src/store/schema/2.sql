-- The second schema. Open until it is released; each addition stands under a line that says what for.

-- Limits that are counted by the day: requests of one requester, questions brought to one connector.
CREATE TABLE spent (
  person BLOB NOT NULL,            -- HMAC-SHA-256 of the address under the instance's key
  kind   TEXT NOT NULL,
  day    INTEGER NOT NULL,         -- days since 1970
  times  INTEGER NOT NULL,
  PRIMARY KEY (person, kind, day)
) STRICT, WITHOUT ROWID;
