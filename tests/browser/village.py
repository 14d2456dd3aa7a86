"""Starts `askfirst demo` and knows where its page and its ports are; ends it as Ctrl-C does.

Fails when the program does not say its address, or does not end with status 0.
"""

import pathlib
import re
import signal
import smtplib
import subprocess
import threading
from email.message import EmailMessage

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Village:
    def __init__(self, program=ROOT / "target" / "debug" / "askfirst"):
        self.process = subprocess.Popen([str(program), "demo"], stdout=subprocess.PIPE, text=True)
        self.page = self.smtp_port = None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+/[0-9a-f]{32}/", line):
                self.page = found.group()
            if found := re.search(r"SMTP +127\.0\.0\.1 port (\d+)", line):
                self.smtp_port = int(found.group(1))
            if "Ctrl-C" in line:
                break
        if not (self.page and self.smtp_port):
            raise SystemExit("askfirst demo did not say where its page is")
        # Nobody reads on: a full pipe would stop the village.
        threading.Thread(target=lambda: self.process.stdout.read(), daemon=True).start()

    def mail(self, user, sender, to, subject, text, html=None):
        """Hands in a mail as a program on this machine does."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject
        mail["Message-ID"] = f"<{abs(hash((subject, text)))}@programs.example>"
        mail.set_content(text)
        if html is not None:
            mail.clear_content()
            mail.set_content(html, subtype="html")
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as server:
            server.login(user, f"{user}-demo")
            server.send_message(mail)

    def close(self):
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(timeout=30)
        assert status == 0, f"askfirst demo ended with status {status}"
