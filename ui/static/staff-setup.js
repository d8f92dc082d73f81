// Long lists of boxes can be filtered, and a secret that is shown once is marked by one
// click. Everything works without this, too.
(() => {
  "use strict";
  const many = 12;

  function filter(list, entries, label) {
    const field = document.createElement("input");
    field.type = "search";
    field.className = "input setup-filter";
    field.setAttribute("aria-label", label);
    field.placeholder = label;
    field.addEventListener("input", () => {
      const word = field.value.trim().toLocaleLowerCase();
      for (const e of entries) {
        e.hidden = !e.textContent.toLocaleLowerCase().includes(word);
      }
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // it would save
    });
    list.insertBefore(field, entries[0]);
  }

  for (const form of document.querySelectorAll("form[data-filter]")) {
    for (const list of form.querySelectorAll(".setup-offers")) {
      const entries = [...list.children];
      if (entries.length > many) filter(list, entries, form.dataset.filter);
    }
    for (const list of form.querySelectorAll("fieldset.field")) {
      const entries = [...list.children].filter((e) => e.classList.contains("check"));
      if (entries.length > many) filter(list, entries, form.dataset.filter);
    }
  }

  for (const field of document.querySelectorAll(".setup-secret input[readonly]")) {
    field.addEventListener("focus", () => field.select());
  }
})();
