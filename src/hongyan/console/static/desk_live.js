"use strict";
// Keeps `[data-live]` regions current: asks every two seconds, less often where answers are slow, not at all while hidden.
// The answer's parts replace those with the same id; `data-position` tells the server what the page knows already.
const REST_MS = 2000;
for (const region of document.querySelectorAll("[data-live]")) follow(region);

async function follow(region) {
  for (;;) {
    const begun = performance.now();
    if (!document.hidden) await refresh(region).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, Math.max(REST_MS, 10 * (performance.now() - begun))));
  }
}

async function refresh(region) {
  const address = new URL(region.dataset.live, location.href);
  address.searchParams.set("position", region.dataset.position);
  const answer = await fetch(address, { cache: "no-store", redirect: "error" });
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
