// The calendar on the wall, made quick: it shows what others change, takes a visit
// that is dragged, and goes by arrow keys and single keys. Without it the page is
// complete: links, forms, and a link that refreshes.
(() => {
  "use strict";
  const root = document.getElementById("calendar");
  if (!root || !window.EventSource || !window.fetch) return;
  const $ = (id) => document.getElementById(id);
  let here = root.dataset.here; // address of what is shown
  let drag = null; // what is being dragged, see begin
  let used = Date.now(); // when somebody last did something

  // say tells screen readers, politely.
  const say = (text) => { const news = $("cal-news"); news.textContent = ""; setTimeout(() => { news.textContent = text; }, 50); };

  // --- the page is renewed, and nobody loses their place ---

  // place names what has the focus so that it is found again: by its address, or else
  // by its row and what it says.
  const place = () => {
    const e = document.activeElement;
    if (!e || !$("cal-day").contains(e)) return () => null;
    if (e.classList.contains("cal-scroll")) {
      const n = [...document.querySelectorAll(".cal-scroll")].indexOf(e);
      return () => document.querySelectorAll(".cal-scroll")[n];
    }
    const value = e.href ? e.getAttribute("href") : e.value;
    const td = e.closest("td"), row = td && td.parentNode.rowIndex, column = td && td.cellIndex;
    const n = td && [...document.querySelectorAll(".cal")].indexOf(td.closest("table"));
    return () => [...$("cal-day").querySelectorAll("a, button")].find((x) => (x.href ? x.getAttribute("href") : x.value) === value) ||
      (td && document.querySelectorAll(".cal")[n]?.rows[row]?.cells[column]?.querySelector("a, button"));
  };

  // swap puts what came into the page: the table, how old it is, and what was done.
  const swap = (text, notices) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const next = fresh.getElementById("calendar");
    if (!next) { location.reload(); return false; } // signed out, or something else altogether
    const find = place(), scrolled = [...document.querySelectorAll(".cal-scroll")].map((e) => [e.scrollLeft, e.scrollTop]);
    const asOf = (page) => page.getElementById("reload").parentNode;
    asOf(document).replaceWith(document.adoptNode(asOf(fresh)));
    $("cal-day").replaceWith(document.adoptNode(fresh.getElementById("cal-day")));
    document.querySelectorAll(".cal-scroll").forEach((e, i) => { if (scrolled[i]) [e.scrollLeft, e.scrollTop] = scrolled[i]; });
    const again = find();
    if (again) again.focus({ preventScroll: true });
    if (notices) {
      document.querySelectorAll("main > .notice, main > .errors").forEach((e) => e.remove());
      const h1 = document.querySelector("main h1");
      h1.textContent = fresh.querySelector("main h1").textContent;
      fresh.querySelectorAll("main > .notice").forEach((e) => h1.after(document.adoptNode(e)));
      fresh.querySelectorAll("main > .errors").forEach((e) => { h1.before(document.adoptNode(e)); e.focus(); });
      here = next.dataset.here;
    }
    return true;
  };

  let asking = false, again = false;
  const renew = async (aloud) => {
    if (asking || drag) { again = again || aloud || "quietly"; return; } // once more, when this is done
    asking = true;
    try {
      const answer = await fetch(here, { headers: { Accept: "text/html" } });
      if (drag) again = aloud || "quietly";
      else if (swap(await answer.text(), false) && aloud === true) say(root.dataset.changed);
    } catch {
      say(root.dataset.lost);
    }
    asking = false;
    if (again && !drag) { const how = again; again = false; renew(how); }
  };

  // --- what others do ---

  let stream = null;
  const listen = () => {
    if (stream) return;
    stream = new EventSource(root.dataset.events);
    stream.addEventListener("change", () => renew(true));
    stream.onerror = () => { if (stream && stream.readyState === EventSource.CLOSED) { deaf(); say(root.dataset.lost); } };
  };
  const deaf = () => { if (stream) stream.close(); stream = null; };
  // A browser keeps few connections to one house: who is not looked at gives theirs back.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) deaf();
    else { listen(); renew("quietly"); }
  });
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => { used = Date.now(); if (!stream && !document.hidden) listen(); }, true);
  setInterval(() => {
    if (Date.now() - used > 3600e3) { if (stream) { deaf(); say(root.dataset.rest); } return; } // a session must be able to end
    if (!document.hidden) renew("quietly"); // the line of now, and holds that run out
  }, 60e3);
  addEventListener("pagehide", deaf);
  addEventListener("pageshow", () => { if (!document.hidden) listen(); });

  // --- forms of this page are sent without leaving it ---

  const send = async (action, fields) => {
    asking = true;
    try {
      const answer = await fetch(action, { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "text/html" } });
      if (swap(await answer.text(), true)) {
        history.replaceState(null, "", here);
        const about = $("about");
        if (about && answer.ok) { about.scrollIntoView({ block: "nearest", inline: "nearest" }); about.querySelector("a")?.focus({ preventScroll: true }); }
      }
    } catch {
      say(root.dataset.lost);
    }
    asking = false;
    if (again) { const how = again; again = false; renew(how); }
  };
  document.addEventListener("submit", (e) => {
    const action = e.target.getAttribute("action");
    if (action !== "/staff/calendar/take-back") return;
    e.preventDefault();
    send(action, new FormData(e.target, e.submitter));
  });

  // --- dragging, with the mouse at once, with a finger after a long press ---

  const target = (x, y) => document.elementFromPoint(x, y)?.closest("td.cal-free");
  // goal is where a free cell is, as the server names it.
  const goal = (td) => {
    const link = td?.querySelector("a");
    if (!link) return null;
    const at = new URL(link.href).searchParams;
    return { calendar: at.get("calendar"), on: at.get("on"), time: at.get("time") };
  };
  const begin = (td, e) => {
    const ghost = document.createElement("div");
    ghost.className = "cal-ghost";
    ghost.setAttribute("aria-hidden", "true");
    document.body.append(ghost);
    drag = { td, ghost, id: td.dataset.visit, name: td.querySelector(".cal-name").textContent, over: null };
    td.classList.add("dragged");
    root.setPointerCapture?.(e.pointerId);
    over(e);
  };
  const over = (e) => {
    const to = target(e.clientX, e.clientY);
    if (drag.over !== to) { drag.over?.classList.remove("over"); to?.classList.add("over"); drag.over = to; }
    const at = goal(to);
    drag.ghost.textContent = drag.name + (at ? " → " + at.time : "");
    drag.ghost.style.transform = `translate(${e.clientX + 12}px, ${e.clientY + 12}px)`;
    const box = drag.td.closest(".cal-scroll").getBoundingClientRect(), pane = drag.td.closest(".cal-scroll");
    pane.scrollBy(e.clientX > box.right - 40 ? 20 : e.clientX < box.left + 40 ? -20 : 0, e.clientY > box.bottom - 40 ? 20 : e.clientY < box.top + 40 ? -20 : 0);
  };
  const finish = (drop) => {
    if (!drag) return;
    const { td, ghost, id, over: to } = drag;
    drag = null;
    ghost.remove();
    td.classList.remove("dragged");
    to?.classList.remove("over");
    const at = drop && goal(to);
    if (at) send("/staff/calendar/move", { booking: id, calendar: at.calendar, on: at.on, time: at.time, back: root.dataset.back });
    else if (again) { const how = again; again = false; renew(how); }
  };
  let press = null; // a pointer that is down, before it drags
  document.addEventListener("pointerdown", (e) => {
    const td = e.button === 0 && e.isPrimary && e.target.closest?.("td[data-visit]");
    if (!td || document.querySelector("#carried")) return;
    press = { td, x: e.clientX, y: e.clientY, touch: e.pointerType !== "mouse", id: e.pointerId };
    if (press.touch) press.timer = setTimeout(() => { if (press) { begin(press.td, { clientX: press.x, clientY: press.y, pointerId: press.id }); navigator.vibrate?.(20); } }, 500);
  });
  document.addEventListener("pointermove", (e) => {
    if (drag) { over(e); return; }
    if (!press || Math.hypot(e.clientX - press.x, e.clientY - press.y) < 6) return;
    if (press.touch) { clearTimeout(press.timer); press = null; return; } // it scrolls
    begin(press.td, e);
  });
  const up = (drop) => () => {
    if (press) clearTimeout(press.timer);
    press = null;
    if (drag) { addEventListener("click", (e) => { e.preventDefault(); e.stopPropagation(); }, { capture: true, once: true }); setTimeout(() => finish(drop)); }
  };
  document.addEventListener("pointerup", up(true));
  document.addEventListener("pointercancel", up(false));
  document.addEventListener("touchmove", (e) => { if (drag) e.preventDefault(); }, { passive: false });
  document.addEventListener("contextmenu", (e) => { if (drag) e.preventDefault(); });
  document.addEventListener("dragstart", (e) => { if (e.target.closest?.("td[data-visit]")) e.preventDefault(); });

  // --- keys ---

  // step finds what can be pressed beside the focus. Cells reach over several rows, so
  // what counts is where they are on the screen.
  const step = (from, key) => {
    const a = from.closest("td").getBoundingClientRect(), mid = (r) => [(r.left + r.right) / 2, (r.top + r.bottom) / 2];
    const [x, y] = [mid(a)[0], a.top + 4];
    let best = null, least = Infinity;
    for (const e of from.closest("table").querySelectorAll("tbody td a, tbody td button")) {
      const b = e.closest("td").getBoundingClientRect();
      const side = x < b.left ? b.left - x : x > b.right ? x - b.right : 0, level = y < b.top ? b.top - y : y > b.bottom ? y - b.bottom : 0;
      const ahead = { ArrowDown: b.top - a.bottom, ArrowUp: a.top - b.bottom, ArrowRight: b.left - a.right, ArrowLeft: a.left - b.right }[key];
      if (ahead < -2) continue;
      const far = key === "ArrowDown" || key === "ArrowUp" ? ahead + 100 * side : ahead + 100 * level;
      if (far < least) { least = far; best = e; }
    }
    return best;
  };
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") { if (drag) finish(false); else document.querySelector("[data-stop]")?.click(); return; }
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.("input, textarea, select, [contenteditable]")) return;
    if (e.key.startsWith("Arrow")) {
      const from = e.target.closest?.(".cal td a, .cal td button"), next = from && step(from, e.key);
      if (next) { e.preventDefault(); next.focus(); next.closest("td").scrollIntoView({ block: "nearest", inline: "nearest" }); }
      return;
    }
    if (root.dataset.keys === "off") return;
    if (e.key === "?") { const help = $("keys"); help.open = true; help.querySelector("summary").focus(); return; }
    if (e.key === "x") {
      const td = e.target.closest?.("td[data-visit]");
      if (td) location.href = here + "&carry=" + encodeURIComponent(td.dataset.visit);
      return;
    }
    const what = root.querySelector(`[data-key="${CSS.escape(e.key)}"]`);
    if (!what) return;
    e.preventDefault();
    if (what.matches("input")) what.focus(); else what.click();
  });
  if (document.querySelector("#carried")) document.querySelector(".cal button")?.focus();

  listen();
})();
