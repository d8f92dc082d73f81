// A form is sent once, however often its button is pressed, and only while the site can be
// reached: else the page stays as it is, says so, and sends it when asked again. Should the
// connection break after that, what is sent twice counts once all the same.
"use strict";
(() => {
  const script = document.currentScript, own = script.dataset;
  let busy = 0, sure = false, told = null;

  const reachable = async () => {
    try {
      await fetch(script.src, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(8000) });
      return true;
    } catch {
      return false;
    }
  };

  const part = (tag, text, name) => {
    const e = document.createElement(tag);
    if (text) e.textContent = text;
    if (name) e.className = name;
    return e;
  };

  const tell = (form, by) => {
    if (told) told.remove();
    told = part("div", "", "notice notice-danger");
    told.setAttribute("role", "alert");
    const icon = part("span", "", "kern-icon kern-icon--danger"), inner = part("div", "", "notice-in");
    icon.setAttribute("aria-hidden", "true");
    const again = part("button", "", "kern-btn kern-btn--primary");
    again.type = "button";
    again.append(part("span", own.again, "kern-label"));
    again.addEventListener("click", () => form.requestSubmit(by));
    inner.append(part("p", own.lost, "notice-title"), part("p", own.text), again);
    told.append(icon, inner);
    const at = by && by.closest(".actions, .slot-day, .card, .kept");
    if (at && form.contains(at)) at.before(told);
    else form.append(told);
    again.focus();
  };

  document.addEventListener("submit", async (e) => {
    const form = e.target, by = e.submitter;
    if (form.method !== "post" || e.defaultPrevented) return;
    if (sure) return; // looked just now
    e.preventDefault();
    if (Date.now() - busy < 10000) return; // pressed twice
    busy = Date.now();
    if (!(await reachable())) {
      busy = 0;
      tell(form, by);
      return;
    }
    if (told) told.remove();
    sure = true;
    form.requestSubmit(by);
    sure = false;
  });

  addEventListener("pageshow", () => { busy = 0; });
})();
