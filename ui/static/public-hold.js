// How long a time is still reserved: the minutes that are left, said aloud at a few moments
// only, and more time without leaving the page. Without this script the page says until
// when, and the button sends the form.
"use strict";
(() => {
  const box = document.getElementById("kept");
  if (!box) return;
  const time = box.querySelector(".kept-time"), said = box.querySelector(".kept-said");
  const moments = [5, 2, 1]; // minutes at which something is said
  const lang = document.documentElement.lang;
  let until = 0, next = 0, tick = 0;

  // Languages know how to say minutes, each with its own plurals.
  const minutes = (n) => {
    try {
      return new Intl.NumberFormat(lang, { style: "unit", unit: "minute", unitDisplay: "long" }).format(n);
    } catch {
      return n + " min";
    }
  };
  const left = (n) => box.dataset.time.replace("{time}", minutes(n));

  const show = () => {
    const n = Math.ceil((until - Date.now()) / 60000);
    if (n <= 0) {
      clearInterval(tick);
      time.hidden = true;
      said.textContent = box.dataset.over;
      return;
    }
    time.textContent = left(n);
    time.hidden = false;
    let aloud = false;
    while (next < moments.length && n <= moments[next]) {
      aloud = true;
      next++;
    }
    if (aloud) said.textContent = left(n) + ". " + box.dataset.soon;
  };

  const begin = () => {
    const seconds = Number(box.dataset.left);
    until = Date.now() + seconds * 1000;
    next = moments.filter((m) => m * 60 >= seconds).length;
    clearInterval(tick);
    tick = setInterval(show, 5000);
    show();
  };

  const extend = async (button) => {
    const data = new FormData(button.form, button);
    const answer = await fetch(button.formAction, { method: "POST", body: new URLSearchParams(data), signal: AbortSignal.timeout(10000) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("kept"), note = page.getElementById("kept-note"), done = page.querySelector("main > .notice");
    if (!answer.ok || !fresh || !done) throw new Error("another page");
    box.dataset.left = fresh.dataset.left;
    box.dataset.soon = fresh.dataset.soon;
    document.getElementById("kept-note").replaceWith(note);
    begin();
    said.textContent = done.querySelector(".notice-title").lastChild.textContent;
  };

  box.addEventListener("click", (e) => {
    const button = e.target.closest("button");
    if (!button) return;
    e.preventDefault();
    extend(button).catch(() => button.form.requestSubmit(button)); // the whole page, then
  });

  begin();
})();
