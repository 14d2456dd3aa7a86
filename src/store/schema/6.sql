-- The sixth schema. What became of a mail is stored without a journal of the statement's own, into which SQLite
-- would copy each page first: where a mail points is looked at when the transaction ends. No row changes, so it is
-- done as https://www.sqlite.org/lang_altertable.html (section 7) says.

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
    'REFERENCES inbox(id)', 'REFERENCES inbox(id) DEFERRABLE INITIALLY DEFERRED'),
    'REFERENCES introductions(id)', 'REFERENCES introductions(id) DEFERRABLE INITIALLY DEFERRED')
  WHERE type = 'table' AND name = 'inbox';
PRAGMA writable_schema = RESET;

-- No statement used it.
DROP INDEX introductions_requester;
