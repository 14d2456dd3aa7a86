"""The demo's page in a headless browser: the stories by clicks, two tabs, a reload, hostile mail, accessibility.

Usage: stories.py AXE_JS [PICTURES]. Fails with the story that went wrong and what was to be seen instead;
with a folder PICTURES it also leaves screenshots at three sizes, light and dark.
"""

import json
import pathlib
import sys
import time

from driver import Browser
from village import Village

SIZES = {"phone": (375, 812), "tablet": (768, 1024), "wide": (1400, 1000)}
NOTHING_MORE_SECS = 1.5


class Page:
    def __init__(self, browser, village):
        self.browser, self.village = browser, village

    def choose(self, tale):
        before = self.browser.run("return document.body.dataset.round")
        self.browser.click(f"[data-tale={tale}]")
        self.browser.wait("a new beginning", lambda: self.browser.run("return document.body.dataset.round") != before)
        self.browser.wait("empty mailboxes", lambda: self.browser.count(".mail") == 0)

    def step(self, told):
        self.browser.wait("the button", lambda: self.browser.run("return document.getElementById('step').ariaBusy !== 'true'"))
        self.browser.click("#step")
        self.browser.wait_text("#told", told)

    def asked(self):
        self.step("Alice wrote to Bob")
        self.inbox("bob", 1)
        self.lamps("")
        self.step("One line from Bob")
        self.inbox("carol", 1)
        self.inbox("bob", 2)
        self.lamps("requester connector")

    def inbox(self, who, count):
        self.browser.wait_text(f"#inbox-title-{who}", f"Inbox ({count})")
        assert self.browser.count(f"#inbox-{who} > li") == count

    def lamps(self, lit):
        script = "return [...document.querySelectorAll('.lamp.on')].map(l => l.dataset.lamp).join(' ')"
        self.browser.wait(f"lit lamps: {lit!r}", lambda: self.browser.run(script) == lit)

    def reply(self, mail, text, dress="gmail"):
        self.browser.click(f"[data-reply={mail}]")
        self.browser.type("#text", text)
        self.browser.run("document.getElementById('dress').value = arguments[0]", dress)
        self.browser.click("#send")
        self.browser.wait("the mail is sent", lambda: not self.browser.run("return document.getElementById('composer').open"))


def a_yes_ends_in_an_introduction(page):
    page.choose("yes")
    page.asked()
    page.browser.wait_text("[data-lamp=requester]", "Vouched for by Bob Kim")
    page.browser.wait_text("[data-lamp=connector]", "proven")
    page.browser.wait_text("#coming", "one reminder")
    page.step("All three lamps are lit")
    page.lamps("requester connector target")
    page.browser.wait_text("[data-lamp=target]", "Their own reply, proven")
    page.browser.wait_text("#state", "are introduced")
    page.inbox("alice", 1)
    page.browser.wait_text("#inbox-alice", "Alice Ng <> Carol Danvers")
    assert "Tuesdays" not in page.browser.text("#inbox-alice"), "the answer's words reached the requester"


def a_no_leaves_the_requester_as_silence_does(page):
    page.choose("no")
    page.asked()
    page.step("Carol was thanked")
    page.browser.wait_text("#state", "said no")
    page.browser.wait_text("[data-lamp=target]", "has said no")
    page.inbox("bob", 3)
    page.lamps("requester connector")
    page.step("Nothing more happened")
    time.sleep(NOTHING_MORE_SECS)
    mailbox = "#inbox-title-alice, #empty-alice, #inbox-alice, #sent-title-alice"
    after_no = page.browser.text(mailbox)
    page.inbox("alice", 0)
    page.inbox("carol", 2)

    page.choose("silence")
    page.asked()
    page.step("one, the only one")
    page.inbox("carol", 2)
    page.step("Still silence")
    page.browser.wait_text("#state", "Closed")
    page.inbox("alice", 0)
    assert page.browser.text(mailbox) == after_no, "silence and a no look different to Alice"


def a_later_is_asked_again_on_its_day(page):
    page.choose("later")
    page.asked()
    page.step("begins with a yes and isn’t one")
    page.browser.wait_text("#state", "said “later”")
    page.browser.wait_text("#log", "next month")
    page.lamps("requester connector")
    page.browser.wait_text("#coming", "asked once more")
    page.step("The day has come")
    page.inbox("carol", 3)
    page.step("All three lamps")
    page.lamps("requester connector target")
    page.inbox("alice", 1)


def a_machine_decides_nothing(page):
    page.choose("away")
    page.asked()
    page.step("A machine answered")
    page.browser.wait_text("#log", "Auto-Submitted")
    page.lamps("requester connector")


def a_forged_yes_lights_no_lamp(page):
    page.choose("forged")
    page.asked()
    page.step("A stranger")
    page.browser.wait_text("#state", "nothing proves it")
    page.browser.wait_text("#log", "proof of the author fails")
    page.lamps("requester connector")
    page.inbox("carol", 2)
    page.step("Only Carol’s own mail counts")
    page.browser.wait_text("#state", "said no")
    page.inbox("alice", 0)


def by_hand_in_every_dress(page):
    """The whole way by one's own words, each mail in another program's shape."""
    for forward, reply in [("outlook", "apple_mail"), ("apple_mail", "phone"), ("phone", "outlook")]:
        page.choose("yes")
        page.browser.click("[data-write=alice]")
        page.browser.type("#to", "bob@kim.example")
        page.browser.type("#subject", "Könntest du mich vorstellen?")
        page.browser.type("#text", "Dear Bob,\n\nI would love to ask Carol about radios.\n\nAlice")
        page.browser.click("#send")
        page.inbox("bob", 1)
        page.browser.wait_text("#inbox-bob", "Könntest du mich vorstellen?")
        page.browser.click("[data-forward=inbox-bob-1]")
        page.browser.type("#text", "Please ask Carol Danvers.")
        page.browser.run("document.getElementById('dress').value = arguments[0]", forward)
        page.browser.click("#send")
        page.inbox("carol", 1)
        page.browser.wait_text("#inbox-carol", "I would love to ask Carol about radios.")
        page.reply("inbox-carol-1", "Yes, gladly.", reply)
        page.inbox("alice", 1)
        page.lamps("requester connector target")


def somebody_from_outside_is_asked(page):
    """The village has no mailbox of hers; the lamps name her all the same, and Carol sees nothing of it."""
    page.choose("yes")
    page.step("Alice wrote to Bob")
    page.inbox("bob", 1)
    page.browser.click("[data-forward=inbox-bob-1]")
    page.browser.type("#text", "Please ask dave@dunn.test")
    page.browser.click("#send")
    page.browser.wait_text("[data-lamp=target]", "dave@dunn.test")
    assert "Carol" not in page.browser.text("#lamps"), page.browser.text("#lamps")
    page.lamps("requester connector")
    page.inbox("carol", 0)
    assert page.browser.count("#knows-carol li") == 0, page.browser.text("#knows-carol")
    page.browser.wait_text("#knows-bob", "dave@dunn.test has been asked")


def two_tabs_and_a_reload(page):
    browser = page.browser
    page.choose("yes")
    first = browser.get("window")
    second = browser.post("window/new", {"type": "tab"})["handle"]
    browser.post("window", {"handle": second})
    browser.open(page.village.page)
    browser.wait_text("#step", "Alice asks Bob")
    page.step("Alice wrote to Bob")
    browser.post("window", {"handle": first})
    browser.wait_text("#told", "Alice wrote to Bob")
    page.step("One line from Bob")
    browser.post("refresh")
    browser.wait_text("#told", "One line from Bob")
    page.inbox("carol", 1)
    page.lamps("requester connector")
    browser.post("window", {"handle": second})
    browser.wait_text("#told", "One line from Bob")
    page.step("All three lamps are lit")
    page.inbox("alice", 1)
    browser._call("DELETE", f"{browser.base}/window")
    browser.post("window", {"handle": first})
    browser.wait_text("#told", "All three lamps are lit")
    page.inbox("alice", 1)


def hostile_mail_is_inert(page):
    page.choose("yes")
    page.asked()
    attack = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script><b id=bold>x</b>"
    page.village.mail("alice", "Alice <alice@ng.example>", "bob@kim.example", attack, attack)
    page.village.mail("alice", "Alice <alice@ng.example>", "bob@kim.example", "html", "", html=f"<p>before {attack} after</p>")
    page.village.mail("alice", "Alice <alice@ng.example>", "bob@kim.example", "A" * 5000 + " " + "word " * 2000, "huge subject")
    page.inbox("bob", 5)
    page.reply("inbox-carol-1", attack + "\n" + "x" * 3000)
    page.browser.wait_text("#sent-title-carol", "Sent (1)")
    page.browser.wait("an answer to it", lambda: page.browser.count("#log li") == 2)
    time.sleep(NOTHING_MORE_SECS)
    assert page.browser.count("main img, main script, #bold, iframe") == 0, "markup of a mail is in the page"
    assert not page.browser.run("return window.hacked"), "a mail's script ran"
    for size in SIZES.values():
        page.browser.size(*size)
        over = page.browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"at {size} the page is {over} px too wide"
    page.browser.size(*SIZES["wide"])
    long = page.browser.run("return document.querySelector('#inbox-bob .subject').getBoundingClientRect().height")
    assert long < 120, f"a subject takes {long} px"


def the_keyboard_is_enough(page):
    page.choose("yes")
    page.browser.run("document.getElementById('step').focus()")
    page.browser.keys("\ue007")
    page.browser.wait_text("#told", "Alice wrote to Bob")
    page.browser.wait("focus stays", lambda: page.browser.run("return document.activeElement.id") == "step")
    page.inbox("bob", 1)
    page.browser.run("document.querySelector('[data-forward]').focus()")
    page.browser.keys("\ue007")
    page.browser.wait("the dialog", lambda: page.browser.run("return document.getElementById('composer').open"))
    inside = page.browser.run("return document.getElementById('composer').contains(document.activeElement)")
    assert inside, "the focus is not in the dialog"
    page.browser.keys("\ue00c")
    page.browser.wait("the dialog closes", lambda: not page.browser.run("return document.getElementById('composer').open"))
    back = page.browser.run("return document.activeElement.hasAttribute('data-forward')")
    assert back, "the focus does not come back"
    page.browser.click("[data-write=alice]")
    page.browser.click("#send")
    page.browser.wait_text("#composer-error", "names nobody")
    page.browser.type("#to", "someone@elsewhere.test")
    page.browser.click("#send")
    page.browser.wait_text("#composer-error", "refused")
    page.browser.click("#cancel")


def accessible(page, axe):
    """No rule of axe-core is broken, at three sizes, light and dark, at rest and with the dialog open."""
    page.choose("forged")
    page.asked()
    page.step("A stranger")
    page.inbox("carol", 2)
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme},
                    {"name": "prefers-reduced-motion", "value": "reduce"}]
        page.browser.cdp("Emulation.setEmulatedMedia", features=features)
        for name, size in SIZES.items():
            page.browser.size(*size)
            for dialog in (False, True):
                if dialog:
                    page.browser.click("[data-write=alice]")
                page.browser.run(axe + "\n;window.axe = axe;")
                found = page.browser.run_async(
                    "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']})"
                    ".then(r => done(r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120) + ' '"
                    " + n.any.map(a => a.message).join(' ')).join(' | '))), e => done([String(e)]))")
                assert not found, f"{name}, {scheme}, dialog {dialog}: " + "\n".join(found)
                if dialog:
                    page.browser.click("#cancel")
    page.browser.cdp("Emulation.setEmulatedMedia", features=[])
    page.browser.size(*SIZES["wide"])


def pictures(page, folder):
    page.choose("yes")
    page.asked()
    for scheme in ("light", "dark"):
        page.browser.cdp("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}])
        for name, size in SIZES.items():
            page.browser.size(*size)
            page.browser.picture(folder / f"{name}-{scheme}.png")
    page.browser.size(*SIZES["phone"])
    page.browser.click("[data-reply=inbox-carol-1]")
    page.browser.picture(folder / "phone-dialog.png", whole=False)
    page.browser.click("#cancel")
    page.browser.cdp("Emulation.setEmulatedMedia", features=[])


def main():
    axe = pathlib.Path(sys.argv[1]).read_text()
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    village = Village()
    try:
        browser = Browser()
        try:
            page = Page(browser, village)
            browser.size(*SIZES["wide"])
            browser.open(village.page)
            browser.wait_text("#step", "Alice asks Bob")
            stories = [
                a_yes_ends_in_an_introduction,
                a_no_leaves_the_requester_as_silence_does,
                a_later_is_asked_again_on_its_day,
                a_machine_decides_nothing,
                a_forged_yes_lights_no_lamp,
                by_hand_in_every_dress,
                somebody_from_outside_is_asked,
                two_tabs_and_a_reload,
                hostile_mail_is_inert,
                the_keyboard_is_enough,
            ]
            for story in stories:
                began = time.monotonic()
                try:
                    story(page)
                except AssertionError as error:
                    raise SystemExit(f"{story.__name__}: {error}") from None
                print(f"{story.__name__}: ok, {time.monotonic() - began:.1f} s", flush=True)
            accessible(page, axe)
            print("accessible: ok", flush=True)
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
                pictures(page, folder)
            # The refusals that a story causes are answered with 422, and the browser notes them.
            errors = [error for error in browser.errors() if "422" not in error]
            assert not errors, json.dumps(errors)
        finally:
            browser.close()
    finally:
        village.close()


main()
