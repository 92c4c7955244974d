"use strict";
// Keeps a `[data-live]` region current: the stream of changes says when, and the answer's parts replace those with the same id.
// `data-position` tells the server what the page knows already.
const REST_MS = 2000; // between two looks where there is no stream
const GAP_MS = 500; // what comes within it is fetched at once
const region = document.querySelector("[data-live]");
let running = false;
let wanted = false;

if (region) {
  follow({
    address: () => withPosition(region.dataset.changes, "after"),
    told: (event) => event.data !== region.dataset.position && look(),
    ask: () => refresh(region),
    everyMs: REST_MS,
  });
}

function withPosition(path, name) {
  const address = new URL(path, location.href);
  address.searchParams.set(name, region.dataset.position);
  return address;
}

async function look() {
  wanted = true;
  if (running) return;
  running = true;
  while (wanted && !document.hidden) {
    wanted = false;
    await refresh(region).catch(() => {});
    // Something delayed becomes visible without anything happening.
    if (region.dataset.position === "0") setTimeout(look, REST_MS);
    await new Promise((resolve) => setTimeout(resolve, GAP_MS));
  }
  running = false;
}

async function refresh(region) {
  const answer = await fetch(withPosition(region.dataset.live, "position"), { cache: "no-store", redirect: "error" });
  if (answer.status !== 200) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  region.dataset.position = answer.headers.get("X-Position") ?? "0";
  const newest = topRow();
  for (const part of fresh.querySelectorAll("[id]")) {
    const old = document.getElementById(part.id);
    if (old && !part.parentElement.closest("[id]") && old.outerHTML !== part.outerHTML) replace(old, part);
  }
  if (topRow() > newest) tell(newest);
}

// Whoever stands on a link of the old part stands on the same link of the new one; opened details stay open.
function replace(old, part) {
  const here = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const open = [...old.querySelectorAll("details")].map((one) => one.open);
  const across = old.querySelector(".table-wrap")?.scrollLeft ?? 0;
  old.replaceWith(document.adoptNode(part));
  part.querySelectorAll("details").forEach((one, at) => { one.open = open[at] ?? false; });
  const wrap = part.querySelector(".table-wrap");
  if (wrap) wrap.scrollLeft = across;
  if (here !== null) [...part.querySelectorAll("a")].find((one) => one.getAttribute("href") === here)?.focus({ preventScroll: true });
}

function topRow() {
  return Number(document.querySelector("tr[data-seq]")?.dataset.seq ?? 0);
}

function tell(newest) {
  for (const row of document.querySelectorAll("tr[data-seq]")) if (Number(row.dataset.seq) > newest) row.classList.add("fresh");
  const news = document.querySelector("[data-live-news]");
  if (!news) return;
  news.textContent = "";
  setTimeout(() => { news.textContent = news.dataset.liveNews; }, 100);
}
