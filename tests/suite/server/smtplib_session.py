"""Two submissions by smtplib; any surprise is an assertion error."""
import smtplib
import sys
from email.message import EmailMessage

port = int(sys.argv[1])
mail = EmailMessage()
mail["From"] = "Bob Kim <bob@connector.example>"
mail["To"] = "carol@target.example"
mail["Cc"] = "intro@bot.example"
mail["Subject"] = "By smtplib"
mail.set_content("Hello\n.leading dot\n")

with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
    smtp.ehlo()
    for word in ("size", "8bitmime", "pipelining", "enhancedstatuscodes", "auth"):
        assert smtp.has_extn(word), word
    assert smtp.noop()[0] == 250 and smtp.verify("bob")[0] == 252 and smtp.rset()[0] == 250
    assert smtp.docmd("EXPN all")[0] == 502 and smtp.docmd("WHAT")[0] == 500
    assert smtp.docmd("DATA")[0] == 503 and smtp.docmd("RCPT TO:<a@b.example>")[0] == 503
    try:
        smtp.login("bob", "wrong")
        raise SystemExit("a wrong password was taken")
    except smtplib.SMTPAuthenticationError as error:
        assert error.smtp_code == 535, error
    smtp.login("bob", "b0b secret")
    assert smtp.send_message(mail) == {}
    refused = smtp.sendmail("bob@connector.example", ["carol@target.example", "nobody@target.example"], mail.as_string())
    assert refused["nobody@target.example"][0] == 550, refused
    assert smtp.mail("bob@connector.example", ["SIZE=99999999999"])[0] == 552
    assert smtp.mail("bob@connector.example", ["NONSENSE=1"])[0] == 555
