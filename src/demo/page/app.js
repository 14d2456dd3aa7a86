// The demo's page: shows each scene that the village sends, and sends what you do. Everything that came by mail
// enters the page as text, never as markup. If the stream breaks, the browser asks again by itself.
"use strict";

const ROLES = { alice: "requester", bob: "connector", carol: "target" };
const PLAIN = { requester: "asks to be introduced", connector: "knows them both", target: "is asked, and alone decides" };
const at = (id) => document.getElementById(id);
let scene = null;
let source = null;
let composing = null;

/** An element with attributes and children; strings become text. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets text only where it differs, so that screen readers are not told twice. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Replaces what is in an element only where it differs. */
function fill(element, children) {
  const shadow = make("div", {}, ...children);
  if (element.innerHTML !== shadow.innerHTML) element.replaceChildren(...shadow.childNodes);
}

async function act(order, where = at("error")) {
  say(where, "");
  let why = "The village does not answer. Has askfirst been stopped?";
  try {
    const answer = await fetch("do", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(order),
    });
    if (answer.ok) return true;
    why = (await answer.json()).error || why;
  } catch { /* said below */ }
  say(where, why);
  return false;
}

// ---- the story and the clock

function showTale() {
  const tale = scene.tale;
  const chips = at("tales");
  if (chips.childElementCount === 0) {
    for (const { key, name } of scene.tales) {
      chips.append(make("button", { type: "button", "data-tale": key, onclick: () => act({ act: "choose", tale: key }) }, name));
    }
  }
  for (const chip of chips.children) {
    chip.setAttribute("aria-pressed", String(chip.dataset.tale === tale.key));
  }
  const left = tale.steps.slice(tale.step);
  const step = at("step");
  say(step, left.length > 0 ? `Next: ${left[0]}` : "Play it again from the beginning");
  say(at("progress"), left.length > 0
    ? `Step ${tale.step + 1} of ${tale.steps.length}`
    : "The story has ended. Choose another, or go on by yourself in the inboxes below.");
  say(at("told"), tale.told || "");
  say(at("clock"), scene.clock);
  at("next").disabled = !scene.introductions.some((affair) => affair.next.when);
}

async function playStep() {
  const button = at("step");
  if (button.getAttribute("aria-busy") === "true" || !scene) return;
  button.setAttribute("aria-busy", "true");
  const ended = scene.tale.step >= scene.tale.steps.length;
  await act(ended ? { act: "choose", tale: scene.tale.key } : { act: "step", step: scene.tale.step });
  button.setAttribute("aria-busy", "false");
  // On a phone the button stays in sight, and what it did may not.
  const told = at("told").getBoundingClientRect();
  if (told.top < 0 || told.bottom > innerHeight) at("told").scrollIntoView({ block: "center" });
}

// ---- the bot

const STATES = {
  waiting_for_connector: (i) => `Waiting for a word from ${i.connector}.`,
  waiting_for_requester: (i) => `Waiting for a word from ${i.requester}.`,
  asked: (i) => `${i.target} has been asked, in private. Nobody is introduced yet.`,
  confirming: (i) => `A yes came in ${i.target}’s name, and nothing proves it: ${i.target} is asked for one word.`,
  deferred: (i) => `${i.target} said “later”.`,
  introduced: (i) => `${i.requester} and ${i.target} are introduced.`,
  declined: (i) => `${i.target} said no. Only ${i.connector} is told, in confidence.`,
  closed: () => "Closed: no answer came in time.",
  cancelled: () => "Called off.",
  undeliverable: (i) => `The question could not be delivered to ${i.target}.`,
};
const EVENTS = {
  "opened": (i) => `${i.connector}’s wish was read`,
  "target: yes": (i) => `${i.target}: yes`,
  "target: yes, to be confirmed": (i) => `A yes in the name of ${i.target}, not proven`,
  "target: no": (i) => `${i.target}: no`,
  "target: later": (i) => `${i.target}: later`,
  "target: stop": (i) => `${i.target}: stop, for ever`,
  "target: unclear": (i) => `${i.target}: neither yes nor no`,
  "target's out-of-office": (i) => `${i.target}’s mail program answered by itself`,
  "time passes": () => "Time passed",
};

/** What is said of a lamp that is dark. */
function dark(role, affair) {
  if (!affair) return ["has not agreed yet", PLAIN[role].replace(/^./, (c) => c.toUpperCase()) + "."];
  if (role !== "target") return ["has not agreed yet", "No consent yet."];
  const only = "Only their own reply can light this lamp.";
  return {
    declined: ["has said no", "A no needs no reason, and nobody asks for one."],
    deferred: ["has said “later”", only],
    confirming: ["a yes that nothing proves", only],
    closed: ["has not said yes", "Silence is an answer too."],
  }[affair.state] || ["has not agreed yet", only];
}

function lamp(role, name, affair) {
  const evidence = affair && affair.lamps[role];
  const lit = Boolean(evidence);
  const [verdict, how] = lit ? ["has agreed", evidence.how] : dark(role, affair);
  return make("li", { class: lit ? "lamp on" : "lamp", "data-lamp": role },
    make("div", { class: "head" },
      make("span", { class: "bulb", "aria-hidden": "true" }),
      make("div", {},
        make("strong", {}, name), ` – ${role}`,
        make("div", { class: "verdict" }, verdict))),
    make("p", { class: "how" }, how),
    lit && evidence.words ? make("p", { class: "words" }, "What decided – ", evidence.words) : null);
}

function showBot() {
  const affair = scene.introductions[0];
  say(at("state"), affair
    ? STATES[affair.state](affair)
    : "Nothing yet: the bot knows of no request. It needs three consents, and has none.");
  // Who is asked may live outside the village.
  fill(at("lamps"), scene.people.map((person) => {
    const role = ROLES[person.user];
    return lamp(role, affair ? affair[role] : person.name, affair);
  }));
  const next = affair ? affair.next : { what: "The bot does nothing until somebody asks for an introduction.", when: null };
  fill(at("coming"), [make("strong", {}, "Next: "), next.when ? `${next.when}. ` : "", next.what]);
  showLog(affair);
}

function showLog(affair) {
  const lines = [];
  for (const line of affair ? affair.story : []) {
    const what = (EVENTS[line.event] || (() => line.event))(affair);
    const state = line.state.replaceAll("_", " ");
    lines.push(make("li", {}, make("strong", {}, what), ` → ${state}`,
      make("small", {}, line.detail ? `${line.at} · ${line.detail}` : line.at)));
  }
  for (const line of scene.without_effect) {
    lines.push(make("li", {}, make("strong", {}, "A mail that decides nothing"), make("small", {}, `${line.at} · ${line.why}`)));
  }
  if (lines.length === 0) lines.push(make("li", { class: "none" }, "The bot has read nothing yet."));
  fill(at("log"), lines);
}

// ---- people and mails

const ANSWERS = { introduced: "the yes, not its words", declined: "the no, not its words", deferred: "the “later”", closed: "that no answer came" };

/** What this person is in the introduction; whoever has no part in it sees nothing of it. */
function part(person, affair) {
  return Object.keys(affair.addresses).find((role) => affair.addresses[role] === person.address);
}

function knowledge(person) {
  const affair = scene.introductions[0];
  const role = affair && part(person, affair);
  const knows = role && affair.knows[role];
  if (!knows || knows.asked === null) return [];
  const line = (yes, what) => make("li", { "data-knows": String(yes) },
    make("b", {}, yes ? "Sees" : "Can’t see"), what);
  const target = affair.target;
  if (role === "target") return [line(true, `who would like to talk to ${person.name.split(" ")[0]}, and why`), line(true, "that a no or silence costs nothing")];
  const lines = [line(knows.asked, `that ${target} has been asked`)];
  if (knows.answer === null) lines.push(line(false, `an answer, for there is none yet`));
  else if (knows.answer) lines.push(line(true, `${ANSWERS[affair.state] || "how it stands"}`));
  else lines.push(line(false, `that ${target} has answered, or what`));
  return lines;
}

function personCard(person) {
  const user = person.user;
  return make("section", { class: "person", id: `person-${user}`, "aria-labelledby": `name-${user}` },
    make("header", {},
      make("div", { class: "who" },
        make("h2", { id: `name-${user}` }, person.name),
        make("small", {}, `${ROLES[user]}: ${PLAIN[ROLES[user]]}`),
        make("small", {}, person.address)),
      make("button", { type: "button", "data-write": user, onclick: () => compose("write", user) },
        "Write", make("span", { class: "hidden-name" }, ` as ${person.name.split(" ")[0]}`))),
    make("ul", { class: "knows", id: `knows-${user}`, "aria-label": `What ${person.name} can and can’t see` }),
    make("h3", { class: "box-title", id: `inbox-title-${user}` }, "Inbox"),
    make("p", { class: "empty", id: `empty-${user}` }, "No mail."),
    make("ul", { class: "mails", id: `inbox-${user}`, "aria-labelledby": `inbox-title-${user}` }),
    make("details", { class: "sent" },
      make("summary", { id: `sent-title-${user}` }, "Sent"),
      make("ul", { class: "mails", id: `sent-${user}`, "aria-label": `What ${person.name} has sent` })));
}

/** The text of a mail, quoted lines set apart. */
function body(text) {
  const box = make("div", { class: "text", tabindex: "0", role: "group", "aria-label": "Text of the mail" });
  let quoted = null;
  let lines = [];
  const flush = () => {
    if (lines.length > 0) box.append(make("div", { class: quoted ? "quoted" : "plain" }, lines.join("\n")));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const isQuoted = line.startsWith(">");
    if (isQuoted !== quoted) flush();
    quoted = isQuoted;
    lines.push(isQuoted ? line.replace(/^> ?/, "") : line);
  }
  flush();
  return box;
}

function mailItem(person, mail, folder) {
  const id = `${folder}-${person.user}-${mail.uid}`;
  const when = mail.at.replaceAll(" ", "\u00a0");
  const open = make("details", { id: `open-${id}` },
    make("summary", {},
      make("small", {}, folder === "inbox" ? `${mail.from} · ${when}` : `To ${mail.to} · ${when}`),
      make("strong", { class: "subject" }, mail.subject || "(no subject)")),
    body(mail.text));
  if (folder === "inbox") {
    open.append(make("div", { class: "buttons" },
      make("button", { type: "button", "data-reply": id, onclick: () => compose("reply", person.user, mail) }, "Reply"),
      make("button", { type: "button", "data-forward": id, onclick: () => compose("forward", person.user, mail) }, "Forward")));
  }
  return make("li", { class: mail.bot ? "mail from-bot" : "mail", id }, open);
}

/** Adds mails that are new; those that are there stay as they are, opened or closed. */
function showMails(person, folder, live) {
  const list = at(`${folder}-${person.user}`);
  const mails = person[folder];
  let newest = null;
  for (const mail of mails) {
    if (document.getElementById(`${folder}-${person.user}-${mail.uid}`)) continue;
    const item = mailItem(person, mail, folder);
    if (live) {
      item.classList.add("fresh");
      if (folder === "inbox") say(at("heard"), `New mail for ${person.name}: ${mail.subject.slice(0, 100)}`);
    }
    list.prepend(item);
    newest = item;
  }
  if (newest && folder === "inbox") {
    for (const other of list.querySelectorAll("details[open]")) other.open = false;
    newest.querySelector("details").open = true;
  }
}

function showPeople(live) {
  const people = at("people");
  if (people.childElementCount === 0) people.append(...scene.people.map(personCard));
  for (const person of scene.people) {
    fill(at(`knows-${person.user}`), knowledge(person));
    at(`knows-${person.user}`).hidden = at(`knows-${person.user}`).childElementCount === 0;
    at(`empty-${person.user}`).hidden = person.inbox.length > 0;
    at(`inbox-${person.user}`).hidden = person.inbox.length === 0;
    say(at(`inbox-title-${person.user}`), `Inbox (${person.inbox.length})`);
    say(at(`sent-title-${person.user}`), `Sent (${person.sent.length})`);
    showMails(person, "inbox", live);
    showMails(person, "sent", false);
  }
}

// ---- writing

function compose(kind, user, mail) {
  const person = scene.people.find((p) => p.user === user);
  const first = person.name.split(" ")[0];
  composing = { kind, who: user, uid: mail && mail.uid };
  const titles = { write: `A new mail from ${first}`, reply: `${first} replies`, forward: `${first} forwards` };
  say(at("composer-title"), titles[kind]);
  say(at("composer-about"), mail ? `${mail.from}: ${mail.subject}` : "");
  for (const [id, shown] of [["to", kind !== "reply"], ["cc", kind === "write"], ["subject", kind === "write"]]) {
    at(id).hidden = !shown;
    at(`${id}-label`).hidden = !shown;
    at(id).value = "";
  }
  at("text").value = "";
  if (kind === "forward") at("to").value = scene.bot.address;
  const quick = kind === "reply" && mail.bot
    ? ["Yes, happy to talk.", "No, sorry.", "Yes, but next month please.", "stop"]
    : kind === "forward" ? ["Please ask Carol."] : [];
  at("quick").replaceChildren(...quick.map((words) =>
    make("button", { type: "button", onclick: () => { at("text").value = words; at("text").focus(); } }, words)));
  say(at("composer-error"), "");
  at("composer").showModal();
  (kind === "reply" ? at("text") : at("to")).focus();
}

async function send() {
  const { kind, who, uid } = composing;
  const value = (id) => at(id).value;
  const order = { act: kind, who, text: value("text"), dress: value("dress") };
  if (kind === "write") Object.assign(order, { to: value("to"), cc: value("cc"), subject: value("subject") });
  else Object.assign(order, { uid }, kind === "forward" ? { to: value("to") } : {});
  at("send").disabled = true;
  const sent = await act(order, at("composer-error"));
  at("send").disabled = false;
  if (sent) at("composer").close();
}

// ---- the stream

function show(news) {
  const first = scene === null;
  const anew = !first && scene.round !== news.round;
  scene = news;
  if (first) {
    const known = [...scene.people, scene.bot];
    at("addresses").replaceChildren(...known.map((one) => make("option", { value: one.address }, one.name)));
  }
  if (anew) {
    at("people").replaceChildren();
    if (at("composer").open) at("composer").close();
  }
  showTale();
  showBot();
  showPeople(!first && !anew);
  document.body.dataset.round = String(news.round);
}

function listen() {
  if (source) source.close();
  source = new EventSource("events");
  source.onmessage = (message) => {
    say(at("link"), "");
    show(JSON.parse(message.data));
  };
  source.onerror = () => say(at("link"), "The village does not answer. If askfirst was stopped, start it again and open the new address.");
}

at("step").addEventListener("click", playStep);
at("five").addEventListener("click", () => act({ act: "pass_days", days: 5 }));
at("next").addEventListener("click", () => act({ act: "pass_to_next" }));
at("cancel").addEventListener("click", () => at("composer").close());
at("form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
// A browser keeps six connections to a server: a tab that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") listen();
  else if (source) { source.close(); source = null; }
});
if (document.visibilityState === "visible") listen();
