"use strict";
// The menu on a phone, selects that submit themselves, and a question before what cannot be undone.
const menuButton = document.querySelector(".menu-button");
if (menuButton) {
  menuButton.addEventListener("click", () => {
    const open = document.getElementById("menu").classList.toggle("open");
    menuButton.setAttribute("aria-expanded", String(open));
  });
}
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  button.textContent = button.dataset.copied;
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.me[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.me[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What the other pages need is fetched once for each tab, when this page stands and nothing waits.
addEventListener("load", () => {
  const foreseen = document.getElementById("foreseen");
  if (!foreseen || sessionStorage.getItem("foreseen") === foreseen.innerHTML) return;
  const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 500));
  idle(() => {
    sessionStorage.setItem("foreseen", foreseen.innerHTML);
    document.head.append(foreseen.content);
  });
});

// The page's one stream, open while somebody looks; browsers have few connections for a server, and all tabs share them.
// Where there are no streams, or they do not come, `ask` is called every `everyMs`, less often when it fails.
function follow({ address, told, ask, everyMs, wanted = () => true }) {
  const TRIES = 3;
  let source = null;
  let timer = 0;
  let failures = 0;
  const stop = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
  };
  const poll = async () => {
    const begun = performance.now();
    const failed = await ask().then(() => false, () => true);
    if (document.hidden || !wanted()) return;
    clearTimeout(timer);
    timer = setTimeout(poll, Math.max(everyMs, 10 * (performance.now() - begun)) * (failed ? 5 : 1));
  };
  const start = () => {
    stop();
    if (document.hidden || !wanted()) return;
    if (!window.EventSource || failures >= TRIES) return void poll();
    source = new EventSource(address());
    source.onopen = () => { failures = 0; };
    source.onmessage = told;
    source.onerror = () => {
      // A dropped connection the browser mends itself; a refused one it gives up.
      if (source?.readyState !== EventSource.CLOSED) return;
      failures += 1;
      stop();
      timer = setTimeout(start, everyMs * failures);
    };
  };
  document.addEventListener("visibilitychange", start);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => event.persisted && start());
  start();
  return start;
}
