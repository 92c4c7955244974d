"use strict";
// New calls come in on top, once a second, while the page is in view and nobody has paused it.
const calls = document.getElementById("calls");
const live = document.getElementById("live");
const EVERY_MS = 1000;
const SLOWEST_MS = 15000;
const KEPT_ROWS = 300;

if (calls && live && calls.dataset.source) {
  let newest = calls.dataset.newest;
  let wait = EVERY_MS;

  const put = (html) => {
    const box = document.createElement("template");
    box.innerHTML = html;
    const rows = [...box.content.querySelectorAll("tr")];
    for (const row of rows) row.classList.add("fresh");
    calls.prepend(...rows);
    while (calls.rows.length > KEPT_ROWS) calls.lastElementChild.remove();
    document.getElementById("none")?.remove();
    calls.closest(".table-wrap").hidden = false;
    const said = document.getElementById("arrived");
    said.textContent = said.dataset.text.replace("{count}", rows.length);
    setTimeout(() => rows.forEach((row) => row.classList.remove("fresh")), 2500);
  };

  const look = async () => {
    if (document.hidden || live.dataset.on !== "true") return;
    const query = calls.dataset.query ? `&${calls.dataset.query}` : "";
    try {
      const answer = await fetch(`${calls.dataset.source}?after=${newest}${query}`, { redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      if (answer.status === 200) put(await answer.text());
      newest = answer.headers.get("X-Newest") ?? newest;
      wait = EVERY_MS;
    } catch {
      wait = Math.min(wait * 2, SLOWEST_MS);
    }
  };

  const go = async () => {
    await look();
    setTimeout(go, wait);
  };

  live.hidden = false;
  live.addEventListener("click", () => {
    const on = live.dataset.on !== "true";
    live.dataset.on = String(on);
    live.lastElementChild.textContent = on ? live.dataset.live : live.dataset.paused;
  });
  setTimeout(go, EVERY_MS);
}
