// What somebody types stays in this tab until it is booked or cancelled, for an hour at
// most: pages with personal data are not kept by browsers, and going back would lose it.
// Only what is typed is kept, never what the form carries hidden. It stands under the name
// of the way it was typed on: whoever begins a new one at the same computer meets nothing.
"use strict";
(() => {
  const own = document.currentScript.dataset, hour = 60 * 60 * 1000;
  const name = "draft " + own.name;
  let store;
  // old: an hour has passed, or it cannot be read.
  const old = (key) => {
    try {
      return Date.now() - JSON.parse(store.getItem(key)).at >= hour;
    } catch {
      return true;
    }
  };
  try {
    store = sessionStorage;
    for (const key of Object.keys(store)) {
      if (key.startsWith("draft ") && ("done" in own ? key.startsWith(name) : old(key))) store.removeItem(key);
    }
    if ("done" in own) return;
  } catch {
    return; // this browser keeps nothing
  }
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const fields = [...form.elements].filter((f) => f.name && f.matches("textarea, input:not([type=hidden], [type=checkbox], [type=radio])"));

  const keep = () => {
    const typed = {};
    for (const f of fields) if (f.value) typed[f.name] = f.value;
    try {
      store.setItem(name, JSON.stringify({ at: Date.now(), typed }));
    } catch {
      // full: then it is not kept
    }
  };

  const read = () => {
    const kept = store.getItem(name);
    return kept ? JSON.parse(kept).typed : {};
  };

  // say tells that something was put back, and lets whoever did not write it delete it.
  const say = () => {
    const box = document.createElement("div"), text = document.createElement("p"), clear = document.createElement("button");
    box.className = "draft-back";
    text.setAttribute("role", "status");
    clear.type = "button";
    clear.className = "kern-btn kern-btn--secondary";
    const label = document.createElement("span");
    label.className = "kern-label";
    label.textContent = own.clear;
    clear.append(label);
    clear.addEventListener("click", () => {
      for (const f of fields) f.value = "";
      store.removeItem(name);
      box.remove();
      fields[0].focus();
    });
    box.append(text, clear);
    form.prepend(box);
    text.textContent = own.back;
  };

  if (fields.some((f) => f.value)) {
    keep();
  } else {
    const typed = read();
    for (const f of fields) {
      if (!typed[f.name]) continue;
      f.value = typed[f.name];
      const fold = f.closest("details");
      if (fold) fold.open = true;
    }
    if (fields.some((f) => f.value)) say();
  }
  form.addEventListener("input", keep);
})();
