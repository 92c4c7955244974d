"use strict";
// The inbox: opens conversations without reloading, puts in what arrives, and says what was read.

const $ = (id) => document.getElementById(id);
const rooms = $("rooms");
const thread = $("thread");
const state = $("state");
const wide = matchMedia("(min-width: 720px)");
const plainTitle = document.title;
let position = rooms.dataset.position; // where to go on after a lost connection
let retryMs = 1000;
let opening = 0; // the newest request for a conversation wins

const openSender = () => thread.querySelector(".thread-head")?.dataset.sender ?? null;
const rowOf = (sender) => $("rows").querySelector(`.row[data-sender="${sender}"]`);
const toElement = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
};

async function get(path) {
  const response = await fetch(path, { credentials: "same-origin" });
  if (response.status === 401) ended();
  if (!response.ok) throw new Error(`${response.status} for ${path}`);
  return response.text();
}

// --- conversations

async function open(sender, { push = true, focus = false } = {}) {
  const mine = ++opening;
  const since = arrived;
  const html = await get(`thread?c=${encodeURIComponent(sender)}`);
  if (mine !== opening) return;
  thread.innerHTML = html;
  document.body.classList.add("thread-open");
  replay(since);
  markCurrent(sender);
  rowOf(sender)?.classList.remove("fresh");
  hideArrival(sender);
  const address = `?c=${sender}`;
  if (push && location.search !== address) history.pushState({ sender }, "", address);
  threadShown();
  if (focus) $("scroll").focus({ preventScroll: true });
}

function close() {
  opening++;
  document.body.classList.remove("thread-open");
  const sender = openSender();
  thread.replaceChildren($("nothing").content.cloneNode(true));
  markCurrent(null);
  if (sender) rowOf(sender)?.querySelector("a").focus();
}

function markCurrent(sender) {
  for (const row of $("rows").children) {
    const current = row.dataset.sender === sender;
    row.classList.toggle("current", current);
    const link = row.querySelector("a");
    if (current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function threadShown() {
  tidyDays();
  toBottom();
  $("scroll").addEventListener("scroll", scrolled, { passive: true });
  keeper.disconnect();
  keeper.observe($("scroll"));
  keeper.observe($("messages"));
  markRead();
}

// Whoever stands at the newest message stays there while pictures, letters and the field below take their places.
let atBottom = true;
let lastTop = 0;
const keeper = new ResizeObserver(() => atBottom && $("scroll") && toBottom());

function scrolled() {
  const top = $("scroll").scrollTop;
  if (nearBottom()) {
    atBottom = true;
    $("jump").hidden = true;
  } else if (top < lastTop) {
    atBottom = false;
  }
  lastTop = top;
}

const nearBottom = () => {
  const scroll = $("scroll");
  return scroll && scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 240;
};
const toBottom = () => {
  const scroll = $("scroll");
  scroll.scrollTop = scroll.scrollHeight;
  lastTop = scroll.scrollTop;
  atBottom = true;
};

function tidyDays() {
  const list = $("messages");
  for (const mark of list.querySelectorAll(".day")) mark.remove();
  let day = "";
  for (const message of list.querySelectorAll(".message")) {
    if (message.dataset.day === day) continue;
    day = message.dataset.day;
    const mark = document.createElement("li");
    mark.className = "day";
    mark.append(document.createElement("span"));
    mark.firstChild.textContent = message.dataset.dayLabel;
    message.before(mark);
  }
}

async function loadOlder(link) {
  const item = link.closest(".older");
  if (item.dataset.busy) return;
  item.dataset.busy = "1";
  const since = arrived;
  try {
    const html = await get(`older?c=${openSender()}&before=${link.dataset.older}`);
    const scroll = $("scroll");
    const fromBottom = scroll.scrollHeight - scroll.scrollTop;
    item.insertAdjacentHTML("beforebegin", html);
    item.remove();
    replay(since);
    tidyDays();
    scroll.scrollTop = scroll.scrollHeight - fromBottom;
  } finally {
    delete item.dataset.busy;
  }
}

// --- reading

let marked = ""; // the last mark sent, so that a mark is sent once

async function markRead() {
  if (rooms.dataset.look !== undefined) return; // an operator looks; the reader has read nothing
  const sender = openSender();
  const newest = [...($("messages")?.querySelectorAll(".message") ?? [])].pop()?.dataset.seq;
  if (!sender || !newest || document.visibilityState !== "visible") return;
  const mark = `c=${sender}&up_to=${newest}`;
  if (mark === marked) return;
  marked = mark;
  const response = await fetch(`read?${mark}`, { method: "POST", credentials: "same-origin" }).catch(() => null);
  if (!response?.ok) marked = "";
}

function countUnread() {
  let unread = 0;
  for (const row of $("rows").children) unread += Number(row.dataset.unread);
  document.title = unread ? `(${unread}) ${plainTitle}` : plainTitle;
}

// --- arrivals

// What arrives while a piece of the page is on its way may be missing in it, or be recalled since.
let arrived = 0;
const recent = [];

function replay(since) {
  const missed = arrived - since;
  if (missed > 0) for (const change of recent.slice(-missed)) if (change.message) putMessage(change);
}

function arrive(change) {
  arrived++;
  recent.push(change);
  if (recent.length > 100) recent.shift();
  putRow(change);
  if (change.message) putMessage(change);
  countUnread();
  const shown = openSender() === String(change.sender);
  if (change.kind === "message" && shown) markRead();
  if (change.kind === "message") announce(change);
  if (change.kind === "message" && !shown) showArrival(change);
  if (!openSender() && wide.matches && $("rows").children.length === 1) open(String(change.sender), { push: false }).catch(() => {});
}

function putRow(change) {
  const row = toElement(change.conversation);
  rowOf(change.sender)?.remove();
  const seq = Number(row.dataset.seq);
  const after = [...$("rows").children].find((other) => Number(other.dataset.seq) < seq);
  $("rows").insertBefore(row, after ?? null);
  markCurrent(openSender());
}

function putMessage(change) {
  if (openSender() !== String(change.sender)) return;
  const list = $("messages");
  const message = toElement(change.message);
  const present = list.querySelector(`.message[data-seq="${change.seq}"]`);
  if (present) {
    present.replaceWith(message);
  } else if (change.kind === "message" || change.kind === "said") {
    const follow = atBottom || change.kind === "said";
    const after = [...list.querySelectorAll(".message")].find((other) => Number(other.dataset.seq) > change.seq);
    list.insertBefore(message, after ?? null);
    thread.querySelector(".scroll > .blank-title")?.remove();
    message.classList.add("fresh");
    if (follow) toBottom();
    else $("jump").hidden = false;
  }
  tidyDays();
  if (atBottom) toBottom();
}

function announce(change) {
  const form = $("announce").dataset.form;
  $("announce").textContent = form.replace("{name}", () => rowOf(change.sender)?.dataset.name ?? "").replace("{summary}", () => change.summary ?? "");
}

// What comes into another conversation than the open one is told beside it, until it is looked at.
function showArrival(change) {
  const row = rowOf(change.sender);
  const box = $("arrival");
  row.classList.add("fresh");
  box.dataset.sender = change.sender;
  box.querySelector("p").textContent = `${row.dataset.name} · ${change.summary ?? ""}`;
  box.querySelector("a").href = `?c=${change.sender}`;
  box.hidden = false;
}

function hideArrival(sender) {
  const box = $("arrival");
  if (sender === undefined || box.dataset.sender === sender) box.hidden = true;
}

// --- writing

async function post(form, fields) {
  const body = new URLSearchParams(fields);
  const headers = { "x-requested-with": "fetch" };
  const response = await fetch(form, { method: "POST", credentials: "same-origin", headers, body });
  if (response.status === 401) ended();
  return response;
}

function tell(kind, name = "") {
  const composer = $("composer");
  if (composer) $("write-state").textContent = kind ? composer.dataset[kind].replace("{name}", () => name) : "";
}

async function write(form) {
  const field = form.elements.text;
  const text = field.value.trim();
  if (!text || form.dataset.busy) return;
  form.dataset.busy = "1";
  tell("");
  try {
    const response = await post(form.action, { text });
    if (!response.ok) throw response;
    if (field.value.trim() === text) field.value = "";
    arrive(await response.json());
  } catch (problem) {
    tell(problem.status === 429 ? "fast" : "failed");
  } finally {
    delete form.dataset.busy;
    field.focus();
  }
}

async function press(action, place, key, name) {
  for (const menu of document.querySelectorAll(".menu-more[open]")) menu.open = false;
  const response = await post(action, { place, key }).catch(() => null);
  if (response?.status === 409) open(openSender(), { push: false }).catch(() => {}); // the menu is another one by now
  else tell(response?.ok ? "pressed" : response?.status === 429 ? "fast" : "failed", name);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "write") {
    event.preventDefault();
    write(form);
  } else if (form.classList.contains("press")) {
    event.preventDefault();
    const button = form.elements.place;
    press(form.action, button.value, form.elements.key.value, button.textContent.trim());
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.id === "text" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  } else if (event.key === "Escape") {
    const menu = event.target.closest(".menu-more[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// One list at a time, and none when the hand is elsewhere.
document.addEventListener("click", (event) => {
  const here = event.target.closest(".menu-more");
  for (const menu of document.querySelectorAll(".menu-more[open]")) if (menu !== here) menu.open = false;
  const link = event.target.closest("a.menu-button");
  if (link) press(`press?c=${openSender()}`, link.dataset.place, link.dataset.key, link.textContent.trim());
});

// --- connection

function say(kind) {
  state.dataset.state = kind;
  state.textContent = state.dataset[kind];
}

let over = false;
function ended() {
  over = true;
  say("ended");
}

function connect() {
  const source = new EventSource(`events?after=${position}`);
  source.onopen = () => {
    retryMs = 1000;
    say("live");
  };
  source.onmessage = (event) => {
    if (event.lastEventId) position = event.lastEventId;
    arrive(JSON.parse(event.data));
  };
  source.onerror = () => {
    say("waiting");
    // A dropped connection the browser mends itself; a refused one it gives up.
    if (source.readyState === EventSource.CLOSED) retry();
  };
  addEventListener("pagehide", () => source.close(), { once: true });
}

async function retry() {
  await new Promise((resolve) => setTimeout(resolve, retryMs * (0.75 + Math.random() / 2)));
  retryMs = Math.min(retryMs * 2, 30000);
  try {
    await get(`list?c=${openSender() ?? ""}`); // tells an ended link from a server that is away
  } catch {
    if (!over) retry();
    return;
  }
  connect();
}

// --- hands

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const at = (selector) => event.target.closest(selector);
  const row = at(".row a");
  if (row) {
    event.preventDefault();
    open(row.parentElement.dataset.sender, { focus: true }).catch(() => location.assign(row.href));
  } else if (at("#arrival a")) {
    event.preventDefault();
    open($("arrival").dataset.sender, { focus: true }).catch(() => location.assign(at("a").href));
  } else if (at("#arrival button")) {
    hideArrival();
  } else if (at(".back")) {
    event.preventDefault();
    history.pushState({}, "", "./");
    close();
  } else if (at("[data-older]")) {
    event.preventDefault();
    loadOlder(at("[data-older]")).catch(() => {});
  } else if (at("#jump")) {
    toBottom();
  }
});

addEventListener("popstate", () => {
  const sender = new URL(location.href).searchParams.get("c");
  if (sender) open(sender, { push: false }).catch(() => {});
  else close();
});

addEventListener("pageshow", (event) => event.persisted && location.reload());
document.addEventListener("visibilitychange", markRead);

countUnread();
connect();
if (openSender()) threadShown();
else if (wide.matches && $("rows").firstElementChild) open($("rows").firstElementChild.dataset.sender, { push: false }).catch(() => {});
