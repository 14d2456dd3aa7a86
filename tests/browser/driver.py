"""WebDriver (W3C) with Python's standard library: starts chromedriver and a fresh browser, and ends both.

Fails with the driver's own words, or with a sentence when what is waited for does not come.
"""

import base64
import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
]
# A page on loopback shows a change in well under a second; a busy machine needs longer.
PATIENCE_SECS = 20
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="askfirst-browser-", ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        port = None
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                port = line.strip().rstrip(".").split()[-1]
                break
        if port is None:
            raise SystemExit("chromedriver did not start")
        self.base = f"http://127.0.0.1:{port}/session"
        chrome = {"args": FLAGS + [f"--user-data-dir={self.profile.name}"]}
        asked = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": chrome,
                                                  "goog:loggingPrefs": {"browser": "ALL"}}}}
        answer = self._call("POST", self.base, asked)
        self.base += "/" + answer["sessionId"]

    def _call(self, method, url, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"].split("\n")[0]) from None

    def post(self, path, body=None):
        return self._call("POST", f"{self.base}/{path}", body or {})

    def get(self, path):
        return self._call("GET", f"{self.base}/{path}")

    def open(self, url):
        self.post("url", {"url": url})

    def run(self, script, *arguments):
        return self.post("execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        return self.post("execute/async", {"script": script, "args": list(arguments)})

    def find(self, css):
        return self.post("element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", css)
        self.post(f"element/{self.find(css)}/click")

    def type(self, css, text):
        element = self.find(css)
        self.post(f"element/{element}/clear")
        self.post(f"element/{element}/value", {"text": text})

    def keys(self, *keys):
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.post("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def text(self, css):
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join('\\n')", css)

    def count(self, css):
        return self.run("return document.querySelectorAll(arguments[0]).length", css)

    def wait(self, what, condition):
        """Waits until `condition()` is true."""
        until = time.monotonic() + PATIENCE_SECS
        while True:
            if condition():
                return
            if time.monotonic() > until:
                raise AssertionError(f"waited {PATIENCE_SECS} s in vain for: {what}")
            time.sleep(0.05)

    def wait_text(self, css, part):
        try:
            self.wait(f"{part!r} in {css}", lambda: part in self.text(css))
        except AssertionError as error:
            raise AssertionError(f"{error}; there is: {self.text(css)[:400]!r}") from None

    def size(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride",
                 width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def cdp(self, command, **parameters):
        return self.post("goog/cdp/execute", {"cmd": command, "params": parameters})

    def picture(self, path, whole=True):
        shot = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def errors(self):
        return [line["message"] for line in self.post("se/log", {"type": "browser"}) if line["level"] == "SEVERE"]

    def close(self):
        try:
            self._call("DELETE", self.base)
        finally:
            self.driver.terminate()
            self.driver.wait(timeout=20)
            self.profile.cleanup()
