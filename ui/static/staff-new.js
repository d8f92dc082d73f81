// A caller's booking without loading the page again: while somebody types a service or
// changes what is asked, the same page is fetched and its parts are put in place. What was
// typed about the person stays. Without this script the forms do the same by themselves.
"use strict";
(() => {
  const find = document.querySelector(".caller-find");
  if (!find || location.pathname !== "/staff/new") return;
  const search = find.querySelector("#q");
  const main = document.querySelector("main");
  let shown = search.value, wait = 0, running = null;

  // Only what depends on services and times is replaced; the fields about the person stay.
  const parts = ["caller-found", "caller-when", "caller-answers", "caller-aloud"];

  const place = (page) => {
    const old = document.getElementById("book"), fresh = page.getElementById("book");
    if (old && fresh) {
      const key = old.elements.key && old.elements.key.value;
      for (const id of parts) {
        const was = document.getElementById(id), now = page.getElementById(id);
        if (was && now) was.replaceWith(now);
      }
      if (key && old.elements.key) old.elements.key.value = key;
    } else {
      for (const n of [document.getElementById("caller-found"), old, document.getElementById("caller-aloud")]) if (n) n.remove();
      for (const n of [...page.querySelector("main").children]) {
        if (n.id === "caller-found" || n.id === "book" || n.id === "caller-aloud") main.append(n);
      }
    }
    for (const n of main.querySelectorAll(":scope > .errors, :scope > .notice")) n.remove();
    const errors = page.querySelector("main > .errors");
    if (errors) find.before(errors);
    letters();
  };

  const show = async (address) => {
    if (running) running.abort();
    running = new AbortController();
    const here = document.activeElement, name = here && here.closest(".caller-wish") ? here.name : "";
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" }, signal: running.signal });
      if (answer.redirected || !answer.ok) return void (location.href = address);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      place(page);
      history.replaceState(null, "", address);
      if (name) document.querySelector(".caller-wish")?.elements[name]?.focus();
      return true;
    } catch (e) {
      if (e.name !== "AbortError") location.href = address;
    }
  };

  const addressOf = (form) => {
    const q = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== "" || name.startsWith("answer.")) q.append(name, value);
    return "/staff/new?" + q;
  };

  const look = async () => {
    clearTimeout(wait);
    const typed = search.value;
    if (typed.trim() === "") return false;
    if (typed === shown) return true;
    const done = await show(addressOf(find));
    if (done) shown = typed;
    return done;
  };

  search.addEventListener("input", () => {
    clearTimeout(wait);
    if (search.value.trim().length > 1) wait = setTimeout(look, 150);
  });
  find.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (await look()) (document.querySelector(".caller-wish [autofocus]") || document.getElementById("name") || search).focus();
  });

  document.addEventListener("change", (e) => {
    const form = e.target.closest(".caller-wish");
    if (form && e.target.checkValidity()) show(addressOf(form));
  });
  document.addEventListener("submit", (e) => {
    if (e.target.matches(".caller-wish")) {
      e.preventDefault();
      show(addressOf(e.target));
    }
  });

  // Language and silence matter only where a letter could go.
  const letters = () => {
    const email = document.getElementById("email"), box = document.querySelector(".caller-letter");
    if (box) box.hidden = !email || (email.value === "" && !box.querySelector(".wrong"));
  };
  document.addEventListener("input", (e) => { if (e.target.id === "email") letters(); });

  document.documentElement.classList.add("caller-quick");
  letters();
})();
