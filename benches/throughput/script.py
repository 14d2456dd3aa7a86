"""What one would script instead: fetch each mail, parse it, store it durably, send an ask and a note.

Usage: script.py IMAP_PORT SMTP_PORT DATABASE USER PASSWORD. Ends when the mailbox is drained.
"""
import email
import email.policy
import imaplib
import re
import smtplib
import sqlite3
import sys
from email.message import EmailMessage

imap_port, smtp_port, database, user, password = sys.argv[1:6]
db = sqlite3.connect(database, isolation_level=None)
db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                 "CREATE TABLE seen (uid INTEGER PRIMARY KEY, message_id TEXT, raw BLOB);")
imap = imaplib.IMAP4("127.0.0.1", int(imap_port))
imap.login(user, password)
imap.select("INBOX", readonly=True)
smtp = smtplib.SMTP("127.0.0.1", int(smtp_port))
_, found = imap.uid("SEARCH", None, "ALL")
for uid in found[0].split():
    _, data = imap.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
    raw = data[0][1]
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    text = mail.get_body(("plain",)).get_content()
    target = re.search(r"ask (\S+@\S+)", text).group(1)
    db.execute("INSERT INTO seen VALUES (?, ?, ?)", (int(uid), mail["Message-ID"], raw))
    for to, subject, body in [(target, "See below - interested?", text),
                              (mail["From"], "Asked", "I asked " + target)]:
        out = EmailMessage()
        out["From"], out["To"], out["Subject"] = "intro@bot.example", to, subject
        out.set_content(body)
        smtp.send_message(out)
smtp.quit()
imap.logout()
