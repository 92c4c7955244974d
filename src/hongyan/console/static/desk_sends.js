"use strict";
// Voices of a message's preview, and a form that is sent once.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.voice");
  if (!button) return;
  const sound = button.parentElement.querySelector("audio");
  if (sound.paused) await sound.play().catch(() => {});
  else sound.pause();
  button.classList.toggle("playing", !sound.paused);
  sound.onended = () => button.classList.remove("playing");
});
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  for (const button of event.target.querySelectorAll("button")) setTimeout(() => { button.disabled = true; }, 0);
});
