"use strict";
// The form works without this; with it, preview and checks follow what is written, and receivers are picked without a reload.
const form = document.getElementById("compose");
if (form) {
  const parts = document.getElementById("parts");
  const state = document.getElementById("look-state");
  const chosen = document.getElementById("chosen");
  const PAUSE_MS = 300;
  let waiting = 0;
  let running = null;

  const fields = () => {
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form)) data.append(name, value);
    return data;
  };

  const said = document.getElementById("look-said");
  const show = (html) => {
    const open = parts.querySelector(".looks")?.open;
    const page = new DOMParser().parseFromString(html, "text/html");
    const now = page.querySelector('[data-part="chosen"]');
    if (now) chosen.replaceChildren(now);
    if (open) page.querySelector(".looks")?.setAttribute("open", "");
    parts.replaceChildren(...page.body.children);
    const verdict = parts.querySelector(".verdict")?.textContent ?? "";
    if (said.textContent !== verdict) said.textContent = verdict;
  };

  const look = async () => {
    running?.abort();
    const mine = (running = new AbortController());
    state.textContent = state.dataset.waiting;
    try {
      const answer = await fetch(form.dataset.look, { method: "POST", credentials: "same-origin", body: fields(), signal: mine.signal });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      show(await answer.text());
      state.textContent = "";
    } catch (error) {
      if (error.name !== "AbortError") state.textContent = state.dataset.failed;
    }
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE_MS);
  };

  // --- receivers: the text fields hold the truth
  const field = (list) => form.elements.namedItem(list);
  const ids = (list) => (field(list)?.value ?? "").split(/[\s,，、;；]+/).filter(Boolean);
  const tick = (list, id, on) => {
    for (const box of form.querySelectorAll(`[data-pick="${list}"]`)) if (box.dataset.id === id) box.checked = on;
  };
  const put = (list, id, on) => {
    const rest = ids(list).filter((one) => one !== id);
    field(list).value = (on ? [...rest, id] : rest).join("\n");
    tick(list, id, on);
  };
  const tame = (place) => {
    // Without a script these fields are the answer; here the text fields are, so they must not be sent too.
    for (const box of place.querySelectorAll("[data-pick]")) {
      box.removeAttribute("name");
      box.checked = ids(box.dataset.pick).includes(box.dataset.id);
    }
    for (const was of place.querySelectorAll('[name^="was."]')) was.remove();
  };
  const receivers = () => {
    document.getElementById("pickers").classList.toggle("waiting", form.elements.namedItem("everyone").checked);
  };

  const find = form.elements.namedItem("find");
  const found = document.getElementById("found");
  const search = async () => {
    const word = find.value.trim();
    if (!word) return found.replaceChildren();
    const answer = await fetch(`${form.dataset.people}?${new URLSearchParams({ find: word })}`, { credentials: "same-origin" }).catch(() => null);
    if (word !== find.value.trim()) return;
    found.innerHTML = answer?.ok ? await answer.text() : "";
    if (!answer?.ok) found.textContent = form.dataset.failed;
    tame(found);
  };
  let searching = 0;
  const searchSoon = () => {
    clearTimeout(searching);
    searching = setTimeout(search, PAUSE_MS);
  };

  const unfold = async (button) => {
    const item = button.closest("li");
    let below = item.querySelector(":scope > .tree");
    const open = button.getAttribute("aria-expanded") !== "true";
    if (open && !below) {
      const answer = await fetch(button.dataset.children, { credentials: "same-origin" }).catch(() => null);
      if (!answer?.ok || item.querySelector(":scope > .tree")) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      item.append(...page.body.children);
      below = item.querySelector(":scope > .tree");
      tame(item);
    }
    if (below) below.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.setAttribute("aria-label", open ? button.dataset.unfolded : button.dataset.folded);
  };

  // --- the message
  const editors = () => {
    const type = form.querySelector('input[name="type"]:checked')?.value;
    for (const editor of form.querySelectorAll(".editor")) editor.hidden = editor.dataset.type !== type;
  };
  const count = (control) => {
    const label = form.querySelector(`[data-counts="${control.id}"]`);
    if (!label) return;
    const length = [...control.value].length;
    label.textContent = `${length} / ${label.dataset.most}`;
    label.classList.toggle("over", length > Number(label.dataset.most));
  };

  form.addEventListener("input", (event) => {
    const control = event.target;
    if (control === find) return searchSoon();
    if (control.name === "preview_to") return;
    if (control.id) count(control);
    soon();
  });
  form.addEventListener("change", (event) => {
    const control = event.target;
    if (control.matches("[data-refresh]")) {
      form.elements.namedItem("focus").value = control.id; // who chooses by keyboard stays where they are
      return form.requestSubmit(document.getElementById("refresh"));
    }
    if (control.matches("[data-pick]")) put(control.dataset.pick, control.dataset.id, control.checked);
    if (control.name === "type") editors();
    if (control.name === "everyone") receivers();
    if (["users", "depts", "roles"].includes(control.name)) tame(form);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    // Enter in a line must not leave the page; in the search it searches.
    event.preventDefault();
    if (event.target === find) search();
    else soon();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || button.form !== form) return;
    if (button.dataset.children) {
      event.preventDefault();
      unfold(button);
    } else if (button.dataset.drop) {
      event.preventDefault();
      put(button.dataset.drop, button.dataset.id, false);
      find.focus();
      look();
    } else if (button.value === "find") {
      event.preventDefault();
      search();
    } else if (button.id === "refresh" && event.isTrusted) {
      event.preventDefault();
      look();
    }
  });
  parts.addEventListener("click", (event) => {
    const button = event.target.closest("[data-play]");
    const audio = button?.parentElement.querySelector("audio");
    if (audio) audio.paused ? audio.play() : audio.pause();
  });
  let gone = false;
  form.addEventListener("submit", (event) => {
    const wanted = event.submitter?.value;
    if (gone) return event.preventDefault();
    const number = parts.querySelector('[data-part="preflight"]')?.dataset.count;
    if (wanted === "send" && number && !window.confirm(form.dataset.sure.replace("{count}", Number(number).toLocaleString()))) return event.preventDefault();
    gone = wanted === "send" || wanted === "preview";
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) gone = false;
  });

  tame(form);
  receivers();
  const first = parts.querySelector('[data-part="chosen"]');
  if (first) chosen.replaceChildren(first);
}
