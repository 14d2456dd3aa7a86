-- The sixth schema. What becomes of a mail is stored without a journal of the statement's own, into which SQLite
-- copied each page first: the keys that a mail points with are looked at when the transaction ends. As
-- https://www.sqlite.org/lang_altertable.html (section 7) does it, since no row changes.

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
    'REFERENCES inbox(id)', 'REFERENCES inbox(id) DEFERRABLE INITIALLY DEFERRED'),
    'REFERENCES introductions(id)', 'REFERENCES introductions(id) DEFERRABLE INITIALLY DEFERRED')
  WHERE type = 'table' AND name = 'inbox';
PRAGMA writable_schema = RESET;

-- No statement used it.
DROP INDEX introductions_requester;
