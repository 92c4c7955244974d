"use strict";
// Fields that take ids offer departments or people while somebody types a name. On a phone the tree begins closed.
const tree = document.querySelector(".org-tree");
if (tree && window.matchMedia("(max-width: 899px)").matches) tree.open = false;
for (const picker of document.querySelectorAll("[data-pick]")) {
  const search = picker.querySelector("input");
  const into = picker.closest("form").elements[picker.dataset.into];
  const picked = picker.querySelector(".picked");
  let waiting = 0;
  let asked = 0;
  picker.hidden = false;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = ++asked;
      const word = search.value.trim();
      if (!word) return picked.replaceChildren();
      const answer = await fetch(`${picker.dataset.pick}&q=${encodeURIComponent(word)}`, { credentials: "same-origin" });
      if (answer.ok && mine === asked) picked.innerHTML = await answer.text();
    }, 200);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  picked.addEventListener("click", (event) => {
    const button = event.target.closest("[data-id]");
    if (!button) return;
    const one = into.name === "parent" || into.name === "manager";
    const present = into.value.split(/[\s,;]+/).filter(Boolean);
    if (one) into.value = button.dataset.id;
    else if (!present.includes(button.dataset.id)) into.value = [...present, button.dataset.id].join(", ");
    into.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
