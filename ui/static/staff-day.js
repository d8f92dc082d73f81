// The day list, quicker: one key for what happens to the visit in the marked line,
// the list changes in place, and it shows what colleagues have done. Without this
// script the buttons load the page again.
"use strict";

const live = document.getElementById("day-live");
const keys = document.getElementById("keys");
const on = document.getElementById("keys-on");
const quietly = 60000; // between looks that nobody asked for: now goes on. In milliseconds
const rest = 3600000; // after this long without a key or a click the page asks for nothing, so that a session can end
let used = Date.now();
let stream = null;

// lineOf is the line of the list that an element stands in.
const lineOf = (element) => element?.closest?.("#day-live tr[id]:not(.now)");

// mark puts the focus into a line: on its name, which is always there.
function mark(line) {
  line?.querySelector("th a, button")?.focus();
  line?.scrollIntoView({ block: "nearest" });
}

// said tells what was done: below the page, so that the list stays where it is, and to
// screen readers.
let said;
function say(text, notice) {
  if (!said) {
    said = document.createElement("div");
    said.className = "said";
    const words = document.createElement("div");
    words.setAttribute("role", "status");
    const close = document.createElement("button");
    close.type = "button";
    close.className = "kern-btn kern-btn--tertiary";
    close.innerHTML = '<span class="kern-label"></span>';
    close.firstChild.textContent = live.dataset.close;
    close.addEventListener("click", () => (said.hidden = true));
    said.append(words, document.createElement("div"), close);
    document.body.append(said);
  }
  said.hidden = false;
  said.children[0].textContent = text;
  said.children[1].replaceChildren(...(notice ? notice.querySelectorAll("form") : []));
}

// show puts the list of another copy of the page in the place of this one. Focus and
// what is unfolded stay.
function show(page) {
  const next = page.getElementById("day-live");
  if (!next || next.innerHTML === live.innerHTML) return;
  const open = new Map([...live.querySelectorAll("details")].map((d) => [nameOf(d), d.open]));
  const focused = document.activeElement;
  const line = lineOf(focused)?.id;
  const act = focused?.dataset?.key;
  live.replaceChildren(...next.childNodes);
  for (const details of live.querySelectorAll("details")) {
    if (open.has(nameOf(details))) details.open = open.get(nameOf(details));
  }
  const again = line && document.getElementById(line);
  if (again && live.contains(again)) {
    const same = act && again.querySelector(`[data-key="${CSS.escape(act)}"]`);
    (same || again.querySelector("th a, button"))?.focus({ preventScroll: true });
  }
}

// nameOf tells folded parts apart.
const nameOf = (details) => details.id || lineOf(details)?.id || "";

// turn runs one thing after the other: a second key waits for the first.
let turn = Promise.resolve();
function after(act) {
  turn = turn.then(act).catch(() => say(live.dataset.offline));
  return turn;
}

const read = (text) => new DOMParser().parseFromString(text, "text/html");

async function send(form, button) {
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(button?.getAttribute("formaction") || form.action, { method: "POST", body });
  const page = read(await answer.text());
  if (!answer.ok || !page.getElementById("day-live")) {
    location.assign(answer.url.includes("/staff/day") || answer.url.includes("/sign-in") ? answer.url : location.href);
    return;
  }
  const notice = page.querySelector("main > .notice");
  show(page);
  document.querySelector("main > .notice")?.remove();
  if (notice) say([...notice.querySelectorAll("p")].map((p) => p.textContent.trim()).join(" "), notice);
}

// listen hears of what colleagues do, as long as somebody looks at the page.
function listen() {
  if (stream || document.hidden || Date.now() - used > rest) return;
  stream = new EventSource(live.dataset.events);
  stream.addEventListener("change", () => after(look));
  stream.addEventListener("error", () => stream?.readyState === EventSource.CLOSED && deafen());
}

function deafen() {
  stream?.close();
  stream = null;
}

async function look() {
  if (document.hidden || live.querySelector("details.more[open]")) return;
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.ok) show(read(await answer.text()));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const ours = form.matches("#day-live form.visits") && event.submitter?.hasAttribute("formaction");
  if (!ours && !form.matches(".said form, main > .notice form")) return;
  event.preventDefault();
  const button = event.submitter;
  after(() => send(form, button));
});

document.addEventListener("keydown", (event) => {
  const line = lineOf(event.target);
  if (!line || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const lines = [...live.querySelectorAll("tr[id]:not(.now)")].filter((l) => l.checkVisibility());
    const next = lines[lines.indexOf(line) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      mark(next);
    }
    return;
  }
  if (!on?.checked || event.repeat || event.key.length !== 1) return;
  const key = event.key.toLowerCase();
  after(() => {
    const now = document.getElementById(line.id);
    const button = now?.querySelector(`[data-key="${CSS.escape(key)}"]`);
    return button && send(button.form, button);
  });
});

if (live) {
  if (keys) {
    keys.hidden = false;
    on.checked = localStorage.getItem("staff-day-keys") !== "off";
    on.addEventListener("change", () => localStorage.setItem("staff-day-keys", on.checked ? "on" : "off"));
  }
  if (location.hash) mark(lineOf(document.getElementById(location.hash.slice(1))));
  listen();
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => {
      used = Date.now();
      listen();
    });
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? deafen() : listen()));
  setInterval(() => {
    if (Date.now() - used > rest) return deafen();
    listen();
    after(look);
  }, quietly);
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
