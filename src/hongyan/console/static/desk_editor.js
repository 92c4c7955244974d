"use strict";
// Editors show what they make while one types, and how much room is left.
const editor = document.querySelector("form[data-preview]");
let waiting = 0;
let asked = 0; // the newest request wins

function countIn(field) {
  const note = document.getElementById(field.getAttribute("aria-describedby"));
  if (!note) return;
  note.dataset.plain ??= note.textContent;
  const length = [...field.value.replaceAll("\r\n", "\n").trim()].length;
  const most = Number(field.dataset.limit);
  note.textContent = `${note.dataset.plain} · ${length} / ${most}`;
  note.classList.toggle("over", length > most);
}

async function preview() {
  const mine = ++asked;
  const body = new FormData(editor);
  const answer = await fetch(editor.dataset.preview, { method: "POST", credentials: "same-origin", body }).catch(() => null);
  if (mine !== asked || !answer?.ok) return;
  const html = await answer.text();
  if (mine !== asked) return;
  const frame = document.getElementById("frame");
  if (frame) frame.srcdoc = html;
  else putParts(html);
}

function putParts(html) {
  const parts = document.createElement("template");
  parts.innerHTML = html;
  for (const part of parts.content.querySelectorAll("[data-part]")) {
    const place = document.querySelector(`[data-part="${part.dataset.part}"]`);
    // Fields keep their place and the hand in them while the names are the same.
    if (place && !(part.dataset.names && part.dataset.names === place.dataset.names)) place.replaceWith(part);
  }
}

if (editor) {
  // Some of its fields stand beside it.
  document.addEventListener("input", (event) => {
    if (event.target.form !== editor) return;
    if (event.target.dataset.limit) countIn(event.target);
    clearTimeout(waiting);
    waiting = setTimeout(preview, 250);
  });
  for (const field of editor.querySelectorAll("[data-limit]")) countIn(field);
  const button = editor.querySelector("[data-preview-button]");
  if (button) button.hidden = true;
}
