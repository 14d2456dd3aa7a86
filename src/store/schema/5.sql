-- The fifth schema. A content key begins with the day, so that a mail's key lies beside those of its day and
-- not anywhere in an index of millions. What the day of an older mail was is not known any more: while
-- there are such keys, each new mail is looked for under both.

INSERT INTO meta SELECT 'keys_without_day', '1' WHERE EXISTS (SELECT 1 FROM inbox);
