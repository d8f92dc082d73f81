// The browser proves by a calculation that no program is at work, and goes on by itself.
// Where it cannot, the way by e-mail that stands on the page stays.
"use strict";
(async () => {
  const box = document.getElementById("proof"), own = box.dataset, form = box.closest("form");
  const mail = form.querySelector(".proof-mail"), said = box.querySelector(".proof-said"), go = box.querySelector("button");
  if (!isSecureContext || !window.Worker || !window.customElements || !crypto.subtle) return;

  const byMail = () => {
    box.hidden = true;
    mail.hidden = false;
  };
  mail.hidden = true;
  box.hidden = false;
  try {
    await import(own.widget);
  } catch {
    byMail();
    return;
  }
  const lang = document.documentElement.lang;
  $altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(own.worker));
  $altcha.i18n.set(lang, JSON.parse(own.strings));
  const w = document.createElement("altcha-widget");
  for (const [name, value] of Object.entries({ challenge: own.challenge, auto: "onload", language: lang, name: "altcha", type: "native" })) w.setAttribute(name, value);
  w.setAttribute("configuration", JSON.stringify({ hideFooter: true, hideLogo: true, humanInteractionSignature: false }));
  w.addEventListener("statechange", (e) => {
    if (e.detail.state === "error" || e.detail.state === "expired") byMail();
    if (e.detail.state !== "verified") return;
    said.textContent = own.done;
    go.hidden = false; // where going on by itself does not work
    setTimeout(() => form.requestSubmit(go), 300);
  });
  said.before(w);
  setTimeout(() => { mail.hidden = false; }, 20000); // an old phone need not wait for ever
})();
