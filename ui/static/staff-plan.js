// Says while somebody types what is wrong with a form of times: the server checks it,
// with the same rules and words as when it is sent. Only fields that have been left are
// spoken of, so that nobody is told off in the middle of a word.
(function () {
  "use strict";

  function start(form) {
    var left = {}, timer = 0, asked = 0;

    function fieldOf(name) {
      var input = form.elements.namedItem(name);
      if (input && !input.tagName) { input = input[0]; }
      return input ? input.closest(".field") : null;
    }

    function say(name, message) {
      var field = fieldOf(name);
      if (!field) { return; }
      var note = field.querySelector(".wrong");
      var inputs = field.querySelectorAll("input, select, textarea");
      if (!message) {
        if (note) { note.remove(); }
        field.classList.remove("field-wrong");
        inputs.forEach(function (i) {
          i.removeAttribute("aria-invalid");
          describe(i, name + "-error", false);
        });
        return;
      }
      if (!note) {
        note = document.createElement("p");
        note.className = "wrong";
        note.id = name + "-error";
        note.setAttribute("aria-live", "polite");
        var label = field.querySelector("label, legend");
        label.after(note);
      }
      if (note.textContent.trim() !== message) { note.textContent = message; }
      field.classList.add("field-wrong");
      inputs.forEach(function (i) {
        if (field.tagName !== "FIELDSET") { i.setAttribute("aria-invalid", "true"); }
        describe(i, note.id, field.tagName !== "FIELDSET");
      });
    }

    function describe(input, id, on) {
      var ids = (input.getAttribute("aria-describedby") || "").split(" ").filter(function (x) { return x && x !== id; });
      if (on) { ids.push(id); }
      if (ids.length) { input.setAttribute("aria-describedby", ids.join(" ")); } else { input.removeAttribute("aria-describedby"); }
    }

    function ask() {
      var turn = ++asked;
      fetch(form.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "Accept": "application/json" } })
        .then(function (r) { return r.ok ? r.json() : null; })
        .then(function (answer) {
          if (!answer || turn !== asked) { return; }
          var wrong = {};
          answer.errors.forEach(function (e) { wrong[e.field] = wrong[e.field] || e.message; });
          Object.keys(left).forEach(function (name) { say(name, wrong[name] || ""); });
        })
        .catch(function () { /* the form is checked again when it is sent */ });
    }

    function soon() {
      clearTimeout(timer);
      timer = setTimeout(ask, 400);
    }

    form.addEventListener("change", function (e) {
      if (e.target.name) { left[e.target.name] = true; soon(); }
    });
    form.addEventListener("focusout", function (e) {
      if (e.target.name && e.target.type !== "hidden") { left[e.target.name] = true; soon(); }
    });
    form.addEventListener("input", soon);
  }

  document.querySelectorAll("form[data-check]").forEach(start);
})();
