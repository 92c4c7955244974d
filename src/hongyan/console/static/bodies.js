"use strict";
// What messages do wherever they are drawn: sound plays, and a picture that does not load leaves a calm place.

document.addEventListener("click", (event) => {
  const voice = event.target.closest("button.voice");
  if (voice) playVoice(voice);
});

function playVoice(button) {
  const audio = button.parentElement.querySelector("audio");
  for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
  audio.onplay = audio.onpause = audio.onended = () => {
    button.classList.toggle("playing", !audio.paused);
    button.title = audio.paused ? button.dataset.play : button.dataset.pause;
  };
  audio.onerror = () => button.classList.add("broken");
  if (audio.paused) audio.play().catch(() => {});
  else audio.pause();
}

// A picture that does not load leaves a calm place, not a broken sign.
addEventListener(
  "error",
  (event) => {
    if (!(event.target instanceof HTMLImageElement)) return;
    const frame = event.target.closest(".picture");
    if (frame) {
      frame.classList.add("none");
      frame.textContent = frame.dataset.broken;
    } else if (event.target.closest(".avatar")) {
      event.target.remove();
    } else {
      event.target.classList.add("none");
    }
  },
  true,
);
