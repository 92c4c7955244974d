"use strict";
// The theme switch without reloading; the cookie is what the server reads next time.
document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-choice]");
  if (!choice || event.ctrlKey || event.metaKey) return;
  if (choice.dataset.choice === "lang") {
    // Keep the open conversation.
    const here = new URL(location.href);
    here.searchParams.set("lang", choice.getAttribute("hreflang"));
    choice.href = here.search;
    return;
  }
  event.preventDefault();
  const theme = choice.dataset.themeNext;
  document.documentElement.dataset.theme = theme;
  // A framed article is a document of its own.
  for (const frame of document.querySelectorAll("iframe[srcdoc]")) frame.srcdoc = frame.srcdoc.replace(/data-theme="\w+"/, `data-theme="${theme}"`);
  const [prefix, secure] = location.protocol === "https:" ? ["__Host-", "; secure"] : ["", ""];
  document.cookie = `${prefix}hongyan_theme=${theme}; path=/; max-age=31536000; samesite=lax${secure}`;
  document.querySelector(`[data-theme-now="${theme}"]`).focus();
});

// A choice is in its cookie now: the address need not carry it on.
const address = new URL(location.href);
if (address.searchParams.has("lang") || address.searchParams.has("theme")) {
  address.searchParams.delete("lang");
  address.searchParams.delete("theme");
  history.replaceState(history.state, "", address.pathname + address.search + address.hash);
}
