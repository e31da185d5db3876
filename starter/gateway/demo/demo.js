"use strict";

// The page speaks the widget API: a session token in the Authorization header,
// messages by POST, everything else by a stream that is read with fetch because
// EventSource cannot send the header. All text is set as text, never as markup.

const api = "/api/widget/v1";
const channel = document.querySelector('meta[name="steward-channel"]').content;
const storeKey = "steward:" + channel;
const el = (id) => document.getElementById(id);

const chat = {
  token: "",
  agent: "Chat",
  cursor: "",        // where the stream resumes
  state: null,
  emailKnown: false,
  shown: new Map(),  // message id or client id -> its line in the log
  queue: [],         // messages not accepted yet, oldest first
  sending: false,
};

const memory = {
  get() { try { return localStorage.getItem(storeKey) || ""; } catch { return ""; } },
  set(token) { try { localStorage.setItem(storeKey, token); } catch { /* a page without storage forgets */ } },
};

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const spread = (ms) => ms * (0.7 + Math.random() * 0.6);

// wake ends a wait early, when the browser says that the network is back.
let wake = () => {};
const waitOrOnline = (ms) => Promise.race([sleep(ms), new Promise((done) => { wake = done; })]);
addEventListener("online", () => { wake(); flush(); });

async function call(method, path, body) {
  const headers = { Authorization: "Bearer " + chat.token };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(api + path, {
    method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store",
  });
  if (response.status === 401) restart();
  return response;
}

async function problemText(response) {
  try { return (await response.json()).detail || ""; } catch { return ""; }
}

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// --- session and stream ---

async function openSession() {
  for (let tries = 0; ; tries++) {
    try {
      const response = await fetch(api + "/session", {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ channel, language: navigator.language || "en", token: memory.get() }),
      });
      if (response.ok) return response.json();
      if (response.status === 404) {
        banner("This chat is not available.");
        return null;
      }
    } catch { /* offline: tried again below */ }
    banner("Connecting…");
    await waitOrOnline(spread(Math.min(500 * 2 ** tries, 30000)));
  }
}

async function start() {
  const session = await openSession();
  if (!session) return;
  chat.token = session.token;
  chat.agent = session.agent.name;
  chat.emailKnown = session.email_known;
  memory.set(session.token);
  banner("");
  if (session.greeting) event("Hi! I’m " + chat.agent + ". What can I do for you?");
  showState(session.state);
  flush();
  stream(chat.token);
}

// restart forgets a session that the server does not know any more.
function restart() {
  if (!chat.token) return;
  chat.token = "";
  memory.set("");
  forget();
  start();
}

function forget() {
  chat.cursor = "";
  chat.shown.clear();
  el("log").replaceChildren();
  for (const m of chat.queue) m.line = null;
}

// stream reads events for as long as its session is the page's.
async function stream(token) {
  for (let tries = 0; token === chat.token; tries++) {
    const late = setTimeout(() => banner("No connection. Trying again…"), 2000);
    try {
      const headers = { Authorization: "Bearer " + token };
      if (chat.cursor) headers["Last-Event-ID"] = chat.cursor;
      const response = await fetch(api + "/events", { headers, cache: "no-store" });
      if (response.status === 401) return restart();
      if (response.status === 404) forget();
      if (response.ok) {
        clearTimeout(late);
        banner("");
        tries = 0;
        await readEvents(response.body.getReader(), token);
      }
    } catch { /* a cut stream is opened again below */ }
    clearTimeout(late);
    await waitOrOnline(spread(Math.min(500 * 2 ** tries, 30000)));
  }
}

async function readEvents(reader, token) {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done || token !== chat.token) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) takeEvent(block);
  }
}

function takeEvent(block) {
  const fields = {};
  for (const line of block.split("\n")) {
    const at = line.indexOf(": ");
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 2);
  }
  if (!fields.event) return;
  const data = JSON.parse(fields.data);
  if (fields.event === "message") showMessage(data);
  if (fields.event === "state") showState(data);
  if (fields.event === "typing") el("typing").hidden = !data.on;
  if (fields.event === "resync") forget();
  if (fields.id) chat.cursor = fields.id;
}

// --- writing ---

// flush sends the waiting messages, one after the other, so that they keep
// their order. A message keeps its id, so that sending it twice is harmless.
async function flush() {
  if (chat.sending || !chat.token) return;
  chat.sending = true;
  while (chat.queue.length && chat.token) {
    const m = chat.queue[0];
    if (m.failed) break;
    try {
      const response = await call("POST", "/messages", { client_message_id: m.id, text: m.text });
      if (response.ok) {
        const accepted = await response.json();
        chat.queue.shift();
        chat.shown.set(accepted.message_id, m.line);
        if (m.line) m.line.classList.remove("waiting");
        continue;
      }
      if (response.status === 401) break;
      const why = await problemText(response);
      const forGood = response.status === 413 || response.status === 422;
      fail(m, forGood ? why : "", forGood);
    } catch {
      fail(m, "", false);
    }
    break;
  }
  chat.sending = false;
}

function fail(m, why, forGood) {
  m.failed = true;
  const note = document.createElement("p");
  note.className = "failed";
  note.setAttribute("role", "alert");
  note.append("Not sent. " + (why ? why + " " : ""));
  if (forGood) {
    // The same text would be refused again, so it does not hold up the next.
    chat.queue = chat.queue.filter((other) => other !== m);
  } else {
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Try again";
    again.addEventListener("click", () => {
      note.remove();
      m.failed = false;
      flush();
    });
    note.append(again);
  }
  if (m.line) m.line.append(note);
}

el("write").addEventListener("submit", (e) => {
  e.preventDefault();
  const text = el("text").value.trim();
  if (!text) return;
  const m = { id: uuid(), text, failed: false, line: null };
  m.line = addLine({ speaker: "customer", text, citations: [] });
  m.line.classList.add("waiting");
  chat.shown.set(m.id, m.line);
  chat.queue.push(m);
  // Earlier messages that failed go first: the order stays.
  for (const other of chat.queue) {
    other.failed = false;
    other.line?.querySelector(".failed")?.remove();
  }
  el("text").value = "";
  el("text").style.height = "";
  flush();
});

el("text").addEventListener("keydown", (e) => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
    e.preventDefault();
    el("write").requestSubmit();
  }
});

// What is at the end stays in view when the log shrinks, for example because
// the email field appears.
let following = true;
el("log").addEventListener("scroll", () => {
  const log = el("log");
  following = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
});
function follow() {
  if (following) el("log").scrollTop = el("log").scrollHeight;
}
new ResizeObserver(follow).observe(el("log"));

let typed = 0;
el("text").addEventListener("input", () => {
  el("text").style.height = "";
  el("text").style.height = Math.min(el("text").scrollHeight + 2, 128) + "px";
  if (chat.token && Date.now() - typed > 3000) {
    typed = Date.now();
    call("POST", "/typing").catch(() => {});
  }
});

// --- showing ---

function banner(text) {
  el("banner").textContent = text;
  el("banner").hidden = !text;
}

function showMessage(m) {
  let line = chat.shown.get(m.id) || chat.shown.get(m.client_message_id);
  if (line) {
    line.classList.remove("waiting");
    line.querySelector(".failed")?.remove();
    chat.queue = chat.queue.filter((waiting) => waiting.id !== m.client_message_id);
  } else {
    line = addLine(m);
  }
  chat.shown.set(m.id, line);
  if (m.confirm && !line.querySelector(".choices")) {
    line.append(choices(m.confirm));
    follow();
  }
  if (m.ask_email && !chat.emailKnown) el("email").hidden = false;
}

// The two buttons of a question; they go once one is pressed.
function choices(id) {
  const row = document.createElement("div");
  row.className = "choices";
  for (const [answer, text] of [["yes", "Yes"], ["no", "No"]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", async () => {
      row.remove();
      const response = await call("POST", "/confirmations/" + id, { answer }).catch(() => null);
      event(response && response.ok ? "You answered: " + text : "This question is no longer open; please write instead.");
    });
    row.append(button);
  }
  return row;
}

function addLine(m) {
  const log = el("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const line = document.createElement("div");
  const mine = m.speaker === "customer";
  line.className = mine ? "line mine" : "line";
  if (!mine) {
    const who = document.createElement("p");
    who.className = "speaker";
    who.textContent = m.name || chat.agent;
    line.append(who);
  }
  const bubble = document.createElement("p");
  bubble.className = "bubble";
  bubble.textContent = m.text;
  line.append(bubble);
  if (m.citations.length) line.append(sources(m.citations));
  log.append(line);
  if (atEnd || mine) log.scrollTop = log.scrollHeight;
  return line;
}

function sources(citations) {
  const list = document.createElement("ul");
  list.className = "sources";
  list.setAttribute("aria-label", "Sources");
  for (const c of citations) {
    const item = document.createElement("li");
    const text = "[" + c.number + "] " + c.title;
    // Only web addresses become links, whatever a source may contain.
    if (/^https?:\/\//i.test(c.url || "")) {
      const link = document.createElement("a");
      link.href = c.url;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      link.textContent = text;
      item.append(link);
    } else {
      const plain = document.createElement("span");
      plain.textContent = text;
      item.append(plain);
    }
    list.append(item);
  }
  return list;
}

function event(text) {
  const line = document.createElement("p");
  line.className = "line event";
  line.textContent = text;
  el("log").append(line);
}

function showState(s) {
  const before = chat.state;
  chat.state = s;
  const human = s.owner === "human" && s.human;
  const name = human || chat.agent;
  el("name").textContent = name;
  el("avatar").textContent = [...name][0].toUpperCase();
  el("label").textContent = s.label || (s.owner === "queue" ? "Waiting for a person" : "");
  const open = Boolean(s.conversation) && s.lifecycle !== "closed";
  el("end").hidden = !open;
  showRating(Boolean(s.conversation) && !open, s.rating);
  if (!before) return;
  if (human && before.human !== s.human) event(s.human + " joined");
  if (before.owner === "human" && !human && open) event(before.human + " left");
  if (before.conversation === s.conversation && before.lifecycle !== "closed" && s.lifecycle === "closed") {
    event("The conversation has ended. Write again whenever you like.");
  }
}

// --- email, end, rating ---

el("email").addEventListener("submit", async (e) => {
  e.preventDefault();
  const note = el("email-note");
  try {
    const response = await call("PUT", "/email", { email: el("address").value });
    if (!response.ok) {
      note.textContent = (await problemText(response)) || "Not saved. Try again.";
      return;
    }
  } catch {
    note.textContent = "Not saved. Try again.";
    return;
  }
  chat.emailKnown = true;
  note.textContent = "";
  el("email").hidden = true;
  event("Your email address is saved.");
  el("text").focus();
});

el("end").addEventListener("click", async () => {
  try {
    if ((await call("POST", "/end")).ok) el("end").hidden = true;
  } catch {
    banner("The chat could not be ended. Try again.");
  }
});

function showRating(on, rating) {
  el("rating").hidden = !on;
  for (const star of el("stars").children) star.setAttribute("aria-pressed", String(star.value === String(rating)));
  el("rating-note").textContent = on && rating ? "Thank you!" : "";
}

for (let n = 1; n <= 5; n++) {
  const star = document.createElement("button");
  star.type = "button";
  star.value = String(n);
  star.textContent = String(n);
  star.setAttribute("aria-label", n + " of 5");
  star.addEventListener("click", async () => {
    try {
      const response = await call("POST", "/csat", { rating: n });
      if (response.ok) return showRating(true, n);
    } catch { /* said below */ }
    el("rating-note").textContent = "Not saved. Try again.";
  });
  el("stars").append(star);
}

start();
