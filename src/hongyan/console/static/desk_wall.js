"use strict";
// The wall: one stream brings what changes on every screen.
const wall = document.getElementById("wall");
const liveState = document.getElementById("state");
const KEPT = 100; // messages of one person

const paneOf = (ord) => wall.querySelector(`.pane[data-ord="${ord}"]`);
const fromHtml = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
};

function atEnd(scroll) {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 160;
}

function putDays(list) {
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

function putArrival(pane, arrival) {
  const row = fromHtml(arrival.conversation);
  const unread = JSON.parse(pane.dataset.unread);
  unread[arrival.sender] = Number(row.dataset.unread);
  pane.dataset.unread = JSON.stringify(unread);
  const total = Object.values(unread).reduce((sum, one) => sum + one, 0);
  const badge = pane.querySelector(".pane-head .badge");
  badge.hidden = !total;
  badge.textContent = total > 99 ? "99+" : total;
  badge.setAttribute("aria-label", badge.dataset.form.replace("{count}", () => total));
  if (arrival.message) putIn(pane, arrival);
  if (arrival.kind === "message") tell(pane, row.dataset.name, arrival.summary ?? "");
}

function putIn(pane, arrival) {
  const list = pane.querySelector(".messages");
  const scroll = pane.querySelector(".pane-scroll");
  const follow = atEnd(scroll);
  const message = fromHtml(arrival.message);
  const present = list.querySelector(`.message[data-seq="${arrival.seq}"]`);
  if (present) {
    present.replaceWith(message);
  } else if (arrival.kind === "message" || arrival.kind === "said") {
    const after = [...list.querySelectorAll(".message")].find((other) => Number(other.dataset.seq) > arrival.seq);
    list.insertBefore(message, after ?? null);
    message.classList.add("fresh");
    pane.querySelector(".none-yet").hidden = true;
    const shown = list.querySelectorAll(".message");
    if (shown.length > KEPT) shown[0].remove();
  }
  putDays(list);
  if (follow) scroll.scrollTop = scroll.scrollHeight;
}

function tell(pane, name, summary) {
  const place = document.getElementById("announce");
  const text = place.dataset.form.replace("{name}", () => name).replace("{summary}", () => summary);
  place.textContent = `${pane.querySelector("h2").textContent}: ${text}`;
}

function show(kind) {
  liveState.dataset.state = kind;
  liveState.textContent = liveState.dataset[kind];
}

let place = ""; // where to go on after a lost connection
let waitMs = 1000;

function listen() {
  const from = new URL(wall.dataset.events, location.href);
  if (place) from.searchParams.set("after", place);
  const source = new EventSource(from);
  source.onopen = () => {
    waitMs = 1000;
    show("live");
  };
  source.onmessage = (event) => {
    if (event.lastEventId) place = event.lastEventId;
    for (const [ord, arrival] of JSON.parse(event.data).panes) {
      const pane = paneOf(ord);
      if (pane) putArrival(pane, arrival);
    }
  };
  source.onerror = () => {
    show("waiting");
    // A dropped connection the browser mends itself; a refused one it gives up.
    if (source.readyState === EventSource.CLOSED) again();
  };
  addEventListener("pagehide", () => source.close(), { once: true });
}

async function again() {
  await new Promise((resolve) => setTimeout(resolve, waitMs * (0.75 + Math.random() / 2)));
  waitMs = Math.min(waitMs * 2, 30000);
  const answer = await fetch(document.querySelector('link[rel="icon"]').href, { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload(); // also to the door, when the session is over
  else again();
}

if (wall) {
  for (const scroll of wall.querySelectorAll(".pane-scroll")) {
    scroll.scrollTop = scroll.scrollHeight;
    // Pictures grow the page below the reader, until the reader takes hold of it.
    let held = false;
    for (const kind of ["wheel", "pointerdown", "keydown"]) scroll.addEventListener(kind, () => (held = true), { once: true, passive: true });
    for (const picture of scroll.querySelectorAll(".picture img")) {
      picture.addEventListener("load", () => !held && (scroll.scrollTop = scroll.scrollHeight), { once: true });
    }
  }
  listen();
}
addEventListener("pageshow", (event) => event.persisted && location.reload());
