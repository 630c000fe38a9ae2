// The chat of a company on its own site; it shows text only, never markup: docs/chat.md.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.PatchbayChat) return;
  const data = script.dataset;
  const base = new URL(`${data.company}/${data.connection}/`, script.src);
  const MOST = 4000; // characters of a message
  const TEXTS = {
    en: {
      title: "Chat", open: "Open chat", close: "Close chat", log: "Messages", write: "Your message",
      send: "Send", earlier: "Earlier messages", you: "You", agent: "Reply", policy: "Automatic reply",
      joined: "An agent has joined.", typing: "An agent is typing …", sending: "Sending …",
      failed: "Not sent", offline: "No connection. Messages are sent once it is back.",
      long: "characters too many. Shorten the message.",
      file: "Download", failedFile: "The file cannot be downloaded now.",
      unavailable: "The chat is not available.", unread: "unread", again: "A new conversation begins.",
    },
    de: {
      title: "Chat", open: "Chat öffnen", close: "Chat schließen", log: "Nachrichten", write: "Ihre Nachricht",
      send: "Senden", earlier: "Frühere Nachrichten", you: "Sie", agent: "Antwort", policy: "Automatische Antwort",
      joined: "Jemand aus dem Team ist jetzt da.", typing: "Eine Antwort wird geschrieben …", sending: "Wird gesendet …",
      failed: "Nicht gesendet", offline: "Keine Verbindung. Nachrichten werden gesendet, sobald sie wieder da ist.",
      long: "Zeichen zu viel. Bitte kürzen Sie die Nachricht.",
      file: "Herunterladen", failedFile: "Die Datei kann gerade nicht heruntergeladen werden.",
      unavailable: "Der Chat ist nicht verfügbar.", unread: "ungelesen", again: "Ein neues Gespräch beginnt.",
    },
  };
  const lang = data.lang || document.documentElement.lang || navigator.language || "en";
  const code = lang.slice(0, 2).toLowerCase() === "de" ? "de" : "en";
  const text = TEXTS[code];

  // ---- Storage: the token and unsent messages. localStorage, so that a reload and other
  // tabs go on with the conversation; data-storage="tab" keeps it to one tab.
  const PREFIX = `patchbay-chat:${base.href}`;
  const memory = new Map();
  const area = () => (data.storage === "tab" ? window.sessionStorage : window.localStorage);
  const stored = {
    get(key) {
      try { return JSON.parse(area().getItem(PREFIX + key)); } catch { return memory.get(key) ?? null; }
    },
    set(key, value) {
      try { area().setItem(PREFIX + key, JSON.stringify(value)); } catch { memory.set(key, value); }
    },
    remove(key) {
      memory.delete(key);
      try { area().removeItem(PREFIX + key); } catch { /* blocked by the browser */ }
    },
    // Each message has a key of its own: two tabs never overwrite each other's. One that was
    // sent and does not come back within an hour is forgotten.
    messages() {
      const keys = [...memory.keys()];
      try {
        for (const key of Object.keys(area())) if (key.startsWith(PREFIX)) keys.push(key.slice(PREFIX.length));
      } catch { /* blocked by the browser */ }
      const all = keys.filter((key) => key.startsWith(":m:")).map(stored.get).filter(Boolean);
      const isOld = (one) => one.sent && one.at < Date.now() - 3600e3;
      all.filter(isOld).forEach((one) => stored.remove(`:m:${one.id}`));
      return all.filter((one) => !isOld(one)).sort((a, b) => a.at - b.at);
    },
    forget() {
      for (const one of stored.messages()) stored.remove(`:m:${one.id}`);
      stored.remove("");
    },
  };

  // ---- Elements
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const host = make("div", { lang: code });
  host.dir = getComputedStyle(document.documentElement).direction;
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
:host { --accent: #1f5fbf; --on-accent: #fff; --back: #fff; --front: #1b1f24; --soft: #eef1f5; --line: #6b7480; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :host { --back: #1d2127; --front: #f0f2f5; --soft: #2c323a; --line: #98a2ae; } }
* { box-sizing: border-box; font: inherit; color: inherit; }
[hidden] { display: none !important; }
.all { position: fixed; z-index: 2147483000; inset-block-end: 16px; inset-inline-end: 16px; font: 16px/1.45 system-ui, sans-serif; color: var(--front); }
button { cursor: pointer; border: 1px solid transparent; border-radius: 8px; min-height: 44px; padding: 8px 14px; background: var(--accent); color: var(--on-accent); }
button:disabled { opacity: .55; }
:focus-visible { outline: 3px solid currentColor; outline-offset: -6px; }
.launch { border-radius: 28px; min-height: 56px; padding-inline: 22px; }
.launch, .panel { box-shadow: 0 2px 16px #0007; }
.panel { display: flex; flex-direction: column; inline-size: min(380px, calc(100vw - 32px)); block-size: min(560px, calc(100vh - 32px)); background: var(--back); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
header { display: flex; align-items: center; justify-content: space-between; padding-block: 4px; padding-inline: 16px 4px; background: var(--accent); color: var(--on-accent); }
h2 { margin: 0; font-weight: 600; }
.log { flex: 1; overflow-y: auto; padding: 12px; display: flex; flex-direction: column; gap: 8px; }
.item { max-inline-size: 85%; padding: 8px 12px; border-radius: 12px; background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; align-self: flex-start; }
.own { align-self: flex-end; background: var(--accent); color: var(--on-accent); }
.note { align-self: center; background: none; }
.note, .meta, .status { font-size: 14px; }
.meta { display: block; }
.file { display: block; margin-block: 4px; padding: 4px 8px; min-block-size: 24px; border: 1px solid currentColor; border-radius: 6px; background: none; color: inherit; font: inherit; text-align: start; text-decoration: underline; cursor: pointer; }
.status { min-block-size: 24px; padding: 0 16px; }
form { display: flex; gap: 8px; padding: 8px; border-block-start: 1px solid var(--line); align-items: flex-end; }
textarea { flex: 1; min-inline-size: 0; resize: none; block-size: 64px; padding: 8px; background: var(--back); border: 1px solid var(--line); border-radius: 8px; }
.hide { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) { .item, .launch { border: 1px solid; } }
@media (max-width: 480px) { .all.open { inset: 0; } .all.open .panel { inline-size: 100%; block-size: 100%; border: 0; border-radius: 0; } }
  `);
  root.adoptedStyleSheets = [sheet];
  if (/^#[0-9a-f]{6}$/i.test(data.accent || "")) {
    // Relative luminance, for letters that can be read on it.
    const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(data.accent.slice(at, at + 2), 16) / 255) ** 2.2);
    const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    host.style.setProperty("--accent", data.accent);
    host.style.setProperty("--on-accent", light > 0.18 ? "#000" : "#fff");
  }
  const launch = make("button", { class: "launch", type: "button" }, text.open);
  const closer = make("button", { type: "button", "aria-label": text.close }, "✕");
  const earlier = make("button", { type: "button", hidden: "" }, text.earlier);
  const log = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": text.log, tabindex: "0" });
  const status = make("div", { class: "status", role: "status", id: "status" });
  const field = make("textarea", { id: "field", rows: "2", dir: "auto", "aria-describedby": "status" });
  const send = make("button", { type: "submit" }, text.send);
  const form = make("form", {}, make("label", { class: "hide", for: "field" }, text.write), field, send);
  const panel = make("div", { id: "panel", class: "panel", role: "dialog", "aria-labelledby": "title", hidden: "" },
    make("header", {}, make("h2", { id: "title" }, data.title || text.title), closer), log, status, form);
  const all = make("div", { class: "all" }, launch, panel);
  root.append(all);
  log.append(earlier);

  // ---- State
  let user = data.userId ? { user_id: data.userId, user_hash: data.userHash || "" } : {};
  if (data.userId && data.iat) user.iat = Number(data.iat);
  let session = null, cursor = null, oldest = null, isOpen = false, unread = 0, run = 0, typingUntil = 0;
  let hasBegun = false, isStopped = false, isOffline = false, poll = false, flushing = false, notice = "";
  let abort = new AbortController();
  const waiting = new Set();
  const seen = new Set();
  const bubbles = new Map(); // elements of the visitor's messages that no history has, by id

  const showStatus = () => {
    const usual = isOffline ? text.offline : Date.now() < typingUntil ? text.typing : "";
    const shown = isStopped ? text.unavailable : notice || usual;
    const follow = isAtEnd();
    if (status.textContent !== shown) status.textContent = shown;
    if (follow) toEnd();
  };
  const showUnread = () => {
    launch.textContent = unread ? `${text.open} (${unread} ${text.unread})` : text.open;
  };
  const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const toEnd = () => { log.scrollTop = log.scrollHeight; };

  const bubble = (kind, body, at, state) => {
    const item = make("div", { class: `item ${kind}` });
    if (kind === "note") {
      item.append(body);
      return item;
    }
    const who = { own: text.you, policy: text.policy }[kind] || text.agent;
    const time = new Date(at).toLocaleTimeString(lang.startsWith(code) ? lang : code, { hour: "2-digit", minute: "2-digit" });
    const meta = state ?? (kind === "policy" ? `${who} · ${time}` : time);
    item.append(make("span", { class: "hide" }, `${who}: `), make("span", { dir: "auto" }, body), make("span", { class: "meta" }, meta));
    return item;
  };
  const setState = (id, state) => {
    if (bubbles.has(id)) bubbles.get(id).lastChild.textContent = state;
  };
  const insert = (element, before) => {
    const follow = isAtEnd();
    log.insertBefore(element, before || null);
    if (follow) toEnd();
  };
  /** Shows an item of the history; `place` finds the element that follows it. */
  const show = (item, place, isNews) => {
    if (seen.has(item.cursor)) return;
    seen.add(item.cursor);
    if (item.type === "message") {
      bubbles.get(item.id)?.remove();
      bubbles.delete(item.id);
      stored.remove(`:m:${item.id}`);
      insert(bubble("own", item.text, item.at), place());
    } else if (item.type === "reply") {
      const shown = bubble(item.written_by, item.text, item.at);
      (item.files || []).forEach((file, position) => shown.lastChild.before(fileButton(file, item.cursor, position)));
      insert(shown, place());
      typingUntil = 0;
      if (isNews && !isOpen) unread += 1;
    } else if (item.type === "joined") {
      insert(bubble("note", text.joined), place());
    }
    showUnread();
    showStatus();
  };
  const size = (bytes) => bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  /** A button that downloads a file of a reply with the session's token. */
  const fileButton = (file, cursor, position) => {
    const label = `${file.name} (${size(file.size)})`;
    const spoken = `${text.file}: ${file.name}, ${size(file.size)}`;
    const button = make("button", { type: "button", class: "file", "aria-label": spoken }, label);
    const say = (problem) => {
      button.textContent = problem ? `${label}: ${problem}` : label;
      button.setAttribute("aria-label", problem ? `${spoken}. ${problem}` : spoken);
    };
    button.addEventListener("click", async () => {
      button.disabled = true;
      say("");
      try {
        const response = await call(`files/${cursor}/${position}`);
        if (!response.ok) throw new Error(response.status);
        // Saved, whatever it is: never opened as a page of the site.
        const bytes = new Blob([await response.arrayBuffer()], { type: "application/octet-stream" });
        const link = make("a", { href: URL.createObjectURL(bytes), download: file.name });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60000);
      } catch {
        say(text.failedFile);
      }
      button.disabled = false;
    });
    return button;
  };
  const firstUnsent = () => bubbles.values().next().value;

  // ---- Requests
  const sleep = (ms) => new Promise((done) => {
    waiting.add(done);
    setTimeout(() => { waiting.delete(done); done(); }, ms);
  });
  const wake = () => waiting.forEach((done) => done());
  const backOff = (tries, response) => {
    const asked = Number(response?.headers.get("retry-after")) || 0;
    const own = Math.min(30, 2 ** tries) * (0.5 + Math.random() / 2);
    return Math.max(asked, own) * 1000;
  };
  const call = (path, options = {}) => {
    const headers = { ...options.headers };
    if (session) headers.authorization = `Bearer ${session.token}`;
    if (options.body) headers["content-type"] = "application/json";
    return fetch(new URL(path, base), { ...options, headers, credentials: "omit", cache: "no-store" });
  };
  /** Stops for good: the site or the company does not allow the chat. */
  const stop = async (response) => {
    isStopped = send.disabled = true;
    showStatus();
    const problem = await response.json().catch(() => ({}));
    console.warn(`patchbay chat: ${problem.detail || problem.title || response.status}`);
  };
  const clearLog = () => {
    for (const element of [...log.children]) if (element !== earlier) element.remove();
    seen.clear();
    bubbles.clear();
    cursor = oldest = null;
  };
  /** Begins or renews the session. Returns the refusal, if there is one. */
  const begin = async () => {
    const me = user.user_id ?? null;
    let known = stored.get("");
    if (known && known.user !== me) known = stored.forget(); // nothing of another customer stays
    session = known;
    const response = await call("sessions", { method: "POST", body: JSON.stringify(user) });
    if (!response.ok) return response;
    const granted = await response.json();
    if (known && !granted.renewed) {
      // What was sent belongs to the conversation before; what was not is sent in this one.
      for (const one of stored.messages()) if (one.sent) stored.remove(`:m:${one.id}`);
      clearLog();
      if (!granted.known) insert(bubble("note", text.again));
    }
    session = { token: granted.token, user: me, ends: Date.parse(granted.expires_at), at: Date.now() };
    stored.set("", session);
    return null;
  };
  /** Shows a part of the history, silently. Returns the refusal, if there is one. */
  const loadHistory = async (path, place) => {
    const response = await call(path);
    if (!response.ok) return response;
    const page = await response.json();
    log.setAttribute("aria-live", "off");
    for (const item of page.items) show(item, place, false);
    oldest = page.earlier || null;
    earlier.hidden = !oldest;
    setTimeout(() => log.setAttribute("aria-live", "polite"), 200);
    cursor ??= page.cursor;
    return null;
  };
  earlier.addEventListener("click", async () => {
    const height = log.scrollHeight;
    const next = earlier.nextSibling;
    await loadHistory(`history?before=${oldest}`, () => next).catch(() => {});
    log.scrollTop += log.scrollHeight - height;
    if (earlier.hidden) log.focus();
  });

  // ---- Sending
  const addUnsent = (one) => {
    if (bubbles.has(one.id)) return;
    const element = bubble("own", one.text, one.at, one.sent ? "" : text.sending);
    bubbles.set(one.id, element);
    insert(element);
  };
  /** Sends the unsent messages in order, until all are sent or it is no use. */
  const flush = async () => {
    if (flushing || !session) return;
    flushing = true;
    let tries = 0;
    for (;;) {
      const one = stored.messages().find((it) => !it.sent);
      if (!one || isStopped) break;
      addUnsent(one);
      const body = JSON.stringify({ id: one.id, text: one.text });
      const response = await call("messages", { method: "POST", body }).catch(() => null);
      isOffline = !response;
      showStatus();
      if (response?.ok) {
        // Kept until the history has it: a reload still shows it.
        if (stored.get(`:m:${one.id}`)) stored.set(`:m:${one.id}`, { ...one, sent: true });
        setState(one.id, "");
        tries = 0;
      } else if (response?.status === 401) {
        if (tries++ > 2 || (await begin().catch(() => true))) break;
        restart();
      } else if (response && [403, 404, 409, 413, 422].includes(response.status)) {
        stored.remove(`:m:${one.id}`);
        setState(one.id, text.failed);
        bubbles.delete(one.id);
        if (response.status < 405) await stop(response);
      } else {
        await sleep(backOff(tries++, response));
      }
    }
    flushing = false;
  };
  const count = (value) => [...value].length;
  const clean = (value) => {
    const whole = value.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
    return (whole.toWellFormed?.() ?? whole).trim();
  };
  const checkLength = () => {
    const beyond = count(clean(field.value)) - MOST;
    notice = beyond > 0 ? `${beyond} ${text.long}` : "";
    send.disabled = isStopped || beyond > 0;
    field.setAttribute("aria-invalid", String(beyond > 0));
    showStatus();
  };
  field.addEventListener("input", checkLength);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = clean(field.value);
    if (!body || count(body) > MOST || send.disabled) return;
    const one = { id: crypto.randomUUID(), text: body, at: Date.now() };
    stored.set(`:m:${one.id}`, one);
    field.value = "";
    checkLength();
    addUnsent(one);
    toEnd();
    flush();
  });

  // ---- Receiving
  const receive = (event, item) => {
    if (event === "typing") {
      typingUntil = Date.now() + 6000;
      setTimeout(showStatus, 6100);
      showStatus();
    } else if (item.cursor) {
      show(item, firstUnsent, true);
      cursor = item.cursor;
    }
  };
  /** Reads the stream until it ends. A proxy that holds it back sends nothing at first. */
  const readStream = async (mine) => {
    let timer = setTimeout(() => { poll = true; abort.abort(); }, 8000);
    try {
      const headers = { accept: "text/event-stream", "last-event-id": cursor };
      const response = await call("events", { headers, signal: abort.signal });
      if (!response.ok) return response;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "", event = "", body = "";
      for (;;) {
        const { done, value } = await reader.read();
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), 45000); // three heartbeats
        if (done || mine !== run) return response;
        isOffline = false;
        showStatus();
        const lines = (rest + value).split("\n");
        rest = lines.pop();
        for (const line of lines) {
          if (line.startsWith("event:")) event = line.slice(6).trim();
          else if (line.startsWith("data:")) body += line.slice(5);
          else if (line === "" && event) {
            if (event !== "ready") receive(event, JSON.parse(body));
            event = body = "";
          }
        }
      }
    } finally {
      clearTimeout(timer);
    }
  };
  const readOnce = async (mine) => {
    const response = await call("events?poll=true", { headers: { "last-event-id": cursor }, signal: abort.signal });
    if (!response.ok || mine !== run) return response;
    const news = await response.json();
    for (const item of news.items) receive(item.type, item);
    if (news.typing) receive("typing", {});
    cursor = news.cursor;
    isOffline = false;
    showStatus();
    return response;
  };
  /** Follows the conversation for as long as the page is there. */
  const follow = async () => {
    const mine = ++run;
    let tries = 0;
    while (mine === run) {
      // A browser opens few connections to one host: only a tab that is seen follows.
      if (document.hidden) {
        await sleep(60000);
        continue;
      }
      let response = null;
      abort.abort();
      abort = new AbortController();
      try {
        if (!session || Date.now() - session.at > 3600e3) response = await begin();
        if (!response && !cursor) {
          response = await loadHistory("history", firstUnsent);
          stored.messages().forEach(addUnsent);
          toEnd();
        }
        if (!response) {
          flush();
          response = await (poll ? readOnce(mine) : readStream(mine));
        }
      } catch {
        if (!poll) isOffline = !document.hidden;
      }
      if (mine !== run) return;
      if (response?.ok) tries = 0;
      else if (response?.status === 401) session = null;
      else if (response?.status === 410) cursor = null;
      else if (response?.status === 403 || response?.status === 404) return stop(response);
      showStatus();
      if (!response?.ok) await sleep(backOff(tries++, response));
      else if (!poll) await sleep(1000 * Math.random());
    }
  };
  const restart = () => { wake(); follow(); };
  const start = () => {
    if (!hasBegun) follow();
    hasBegun = true;
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) wake();
    else setTimeout(() => { if (document.hidden) abort.abort(); }, 20000);
  });
  window.addEventListener("online", wake);
  window.addEventListener("offline", () => { isOffline = hasBegun; showStatus(); });
  window.addEventListener("storage", (event) => {
    if (hasBegun && event.newValue && event.key?.startsWith(`${PREFIX}:m:`)) stored.messages().forEach(addUnsent);
  });

  // ---- Opening and closing
  const open = () => {
    isOpen = true;
    unread = 0;
    showUnread();
    panel.hidden = false;
    launch.hidden = true;
    all.classList.add("open");
    start();
    toEnd();
    field.focus();
  };
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    panel.hidden = true;
    launch.hidden = false;
    all.classList.remove("open");
    launch.focus();
  };
  launch.addEventListener("click", open);
  closer.addEventListener("click", close);
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  /** The customer whom the site knows from now on, or none. */
  const identify = (customer) => {
    user = customer || {};
    session = null;
    clearLog();
    if (hasBegun) restart();
  };
  window.PatchbayChat = Object.freeze({ open, close, identify });
  const place = () => {
    document.body.append(host);
    // A conversation goes on over reloads; without one nothing is sent before it is opened.
    const known = stored.get("");
    if (known?.user === (user.user_id ?? null) && known.ends > Date.now()) start();
    else if (known) stored.forget();
  };
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place);
})();
