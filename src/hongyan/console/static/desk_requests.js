"use strict";
// New calls come in on top, as they happen, while the page is in view and nobody has paused it.
const calls = document.getElementById("calls");
const live = document.getElementById("live");
const EVERY_MS = 1000;
const KEPT_ROWS = 300;

if (calls && live && calls.dataset.source) {
  let newest = calls.dataset.newest;

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

  const place = (path) => `${path}?after=${newest}${calls.dataset.query ? `&${calls.dataset.query}` : ""}`;
  const look = async () => {
    const answer = await fetch(place(calls.dataset.source), { redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    if (answer.status === 200) put(await answer.text());
    newest = answer.headers.get("X-Newest") ?? newest;
  };

  const again = follow({
    address: () => place(calls.dataset.events),
    told: (event) => {
      newest = event.lastEventId;
      put(JSON.parse(event.data).rows);
    },
    ask: look,
    everyMs: EVERY_MS,
    wanted: () => live.dataset.on === "true",
  });

  live.hidden = false;
  live.addEventListener("click", () => {
    const on = live.dataset.on !== "true";
    live.dataset.on = String(on);
    live.lastElementChild.textContent = on ? live.dataset.live : live.dataset.paused;
    again();
  });
}
