"""A whole IMAP session by imaplib; any surprise is an assertion error."""
import imaplib
import sys

imap = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]), timeout=20)
assert "IDLE" in imap.capabilities and "MOVE" in imap.capabilities, imap.capabilities


def good(answer):
    kind, data = answer
    assert kind == "OK", answer
    return data


def bad(call):
    try:
        answer = call()
    except imaplib.IMAP4.error as error:
        assert "BAD" in str(error), error
    else:
        raise SystemExit("BAD was expected: %r" % (answer,))


try:
    imap.login("intro", "wrong")
    raise SystemExit("a wrong password was taken")
except imaplib.IMAP4.error as error:
    assert "AUTHENTICATIONFAILED" in str(error), error

assert good(imap.authenticate("PLAIN", lambda _: b"\0intro\0b0t"))
assert b'"INBOX"' in b"".join(good(imap.list()))
assert b"\\Junk" in b"".join(good(imap.list('""', "%")))
assert good(imap.namespace()) == [b'(("" "/")) NIL NIL']
assert good(imap.status("INBOX", "(MESSAGES UIDNEXT UNSEEN)")) == [b'"INBOX" (MESSAGES 3 UIDNEXT 4 UNSEEN 3)']

assert good(imap.select("INBOX")) == [b"3"]
assert b"\\*" in imap.response("PERMANENTFLAGS")[1][0]
assert good(imap.search(None, "ALL")) == [b"1 2 3"]
assert good(imap.uid("SEARCH", "CHARSET", "UTF-8", "SUBJECT", '"SECOND"')) == [b"2"]
assert good(imap.search(None, "OR", "HEADER", "Message-ID", '"<first@"', "NOT", "SUBJECT", '"th"')) == [b"1 2"]
assert good(imap.search(None, "SENTON", "23-Nov-2026", "TEXT", '"text"', "SMALLER", "5000")) == [b"1 2 3"]
assert good(imap.search(None, "FROM", '"nobody"')) == [b""]

data = good(imap.fetch("2", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY[TEXT] INTERNALDATE)"))
assert b"SUBJECT" in data[0][0] and data[0][1] == b"Subject: second\r\n\r\n", data
assert data[1][1] == b"text\r\n", data
assert imaplib.Internaldate2tuple(data[2]) is not None, data
assert good(imap.search(None, "SEEN")) == [b"2"]
assert good(imap.fetch("1:*", "FAST"))[1].startswith(b"2 (FLAGS (\\Seen)")
data = good(imap.uid("FETCH", "1", "(BODYSTRUCTURE ENVELOPE RFC822.SIZE)"))
assert b'BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7BIT" 6 1' in data[0], data

data = good(imap.store("1", "+FLAGS.SILENT", "($Label1 \\Flagged)"))
assert data == [None], data
data = good(imap.uid("STORE", "1", "-FLAGS", "(\\flagged)"))
assert data == [b"1 (UID 1 FLAGS ($Label1))"], data
assert good(imap.search(None, "KEYWORD", "$label1")) == [b"1"]
bad(lambda: imap.store("1", "FLAGS", "\\Recent"))
bad(lambda: imap.fetch("99", "FLAGS"))
bad(lambda: imap.fetch("1", "BINARY[1]"))

assert good(imap.create("Old"))
# A last separator only announces folders below; names differ by case.
assert imap.create("old/")[0] == "OK" and imap.create("Old")[0] == "NO"
good(imap.uid("COPY", "1:2", "Old"))
kind, data = imap.copy("1", "Nowhere")
assert kind == "NO" and b"TRYCREATE" in data[0], data
good(imap.uid("MOVE", "1", "Junk"))
assert imap.response("EXPUNGE")[1] == [b"1"]
assert good(imap.search(None, "ALL")) == [b"1 2"]
good(imap.store("1", "+FLAGS", "\\Deleted"))
assert good(imap.expunge()) == [b"1"]
assert good(imap.uid("SEARCH", "ALL")) == [b"3"]

data = good(imap.append("Sent", "\\Seen", imaplib.Time2Internaldate(1700000000), b"Subject: kept\r\n\r\nx\r\n"))
assert b"APPENDUID" in data[0], data
good(imap.noop())
good(imap.check())
good(imap.close())
good(imap.select("Sent", readonly=True))
kind, data = imap.store("1", "+FLAGS", "\\Flagged")
assert kind == "NO" and b"READ-ONLY" in data[0], data
assert good(imap.uid("SEARCH", "ALL")) == [b"1"]
good(imap.unselect())
good(imap.delete("Old"))
assert imap.delete("INBOX")[0] == "NO"
bad(lambda: imap.getquota("root"))
assert imap.logout()[0] == "BYE"
