// What one would script in Node: fetch each mail, parse it, store it durably, send an ask and a note.
// Usage: script.mjs IMAP_PORT SMTP_PORT DATABASE USER PASSWORD. Ends when the mailbox is drained.
// Install what it needs with `npm install --prefix benches/peers` (better-sqlite3 compiles itself).
import Database from "better-sqlite3";
import { ImapFlow } from "imapflow";
import { simpleParser } from "mailparser";
import nodemailer from "nodemailer";

const [imapPort, smtpPort, database, user, pass] = process.argv.slice(2);
const host = "127.0.0.1";
const db = new Database(database);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec("CREATE TABLE seen (uid INTEGER PRIMARY KEY, message_id TEXT, raw BLOB)");
const store = db.prepare("INSERT INTO seen VALUES (?, ?, ?)");
const smtp = nodemailer.createTransport({
  host, port: Number(smtpPort), secure: false, ignoreTLS: true, pool: true, maxMessages: Infinity,
});
const imap = new ImapFlow({
  host, port: Number(imapPort), secure: false, doSTARTTLS: false, auth: { user, pass }, logger: false,
});
await imap.connect();
const lock = await imap.getMailboxLock("INBOX", { readOnly: true });
const from = "intro@bot.example";
for await (const { uid, source } of imap.fetch("1:*", { uid: true, source: true })) {
  const mail = await simpleParser(source);
  const target = /ask (\S+@\S+)/.exec(mail.text)[1];
  store.run(uid, mail.messageId, source);
  await Promise.all([
    smtp.sendMail({ from, to: target, subject: "See below - interested?", text: mail.text }),
    smtp.sendMail({ from, to: mail.from.text, subject: "Asked", text: `I asked ${target}` }),
  ]);
}
lock.release();
await imap.logout();
smtp.close();
