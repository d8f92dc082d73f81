// What WCAG 2.2 AA and EN 301 549 ask of a page and axe-core cannot see. Each function
// looks at the page that is open and tells its faults in words that lead to the place.
"use strict";
window.beyond = (() => {
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const text = (e) => (e ? e.textContent : "").replace(/\s+/g, " ").trim();
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className && e.className.trim ? "." + e.className.trim().split(/\s+/)[0] : "") + " " + JSON.stringify(text(e).slice(0, 40));
  const reachable = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const aloud = (e) => !e.closest(".kern-sr-only, .skip");

  // Settled pages are judged, not pages that are still moving there.
  const settle = () => document.getAnimations().forEach((a) => a.finish());

  // Texts: titles, languages, what fields are for, how faults are told, where help is.
  const texts = (lang) => {
    const faults = [], h1 = document.querySelector("h1"), root = document.documentElement;
    if (!text(h1) || !document.title.replace(/\s+/g, " ").includes(text(h1))) faults.push(`2.4.2: the title ${JSON.stringify(document.title)} does not say the heading ${JSON.stringify(text(h1))}`);
    if (root.lang !== lang) faults.push(`3.1.1: the language is ${root.lang}, want ${lang}`);
    if (root.dir !== (lang === "ar" ? "rtl" : "ltr")) faults.push(`1.3.2: the direction is ${root.dir}`);
    const purposes = { name: "name", email: "email", phone: "tel" };
    for (const e of all("main input")) {
      const want = purposes[e.name] || (e.type === "email" ? "email" : e.type === "tel" ? "tel" : "");
      if (want && e.autocomplete !== want) faults.push(`1.3.5: ${name(e)} is not marked ${want} but ${JSON.stringify(e.autocomplete)}`);
    }
    const wrong = [...document.querySelectorAll("main .wrong")], list = document.querySelector("main .errors");
    for (const e of document.querySelectorAll("[aria-invalid=true], .field-wrong > fieldset, fieldset.field-wrong")) {
      const told = (e.getAttribute("aria-describedby") || "").split(" ").map((id) => document.getElementById(id));
      if (!told.some((t) => t && t.matches(".wrong") && text(t))) faults.push(`3.3.1: ${name(e)} is wrong and does not say why`);
    }
    for (const e of document.querySelectorAll(".field-wrong")) {
      if (!e.matches("fieldset") && !e.querySelector("[aria-invalid=true]")) faults.push(`3.3.1: ${name(e)} is not marked as wrong`);
    }
    if (wrong.length && !list) faults.push("3.3.1: there are faults and no summary");
    if (list) {
      if (list.getAttribute("role") !== "alert" || !list.autofocus) faults.push("4.1.3: the summary of the faults is not announced");
      const links = [...list.querySelectorAll("a")];
      if (links.length < wrong.length) faults.push(`3.3.1: ${wrong.length} fields are wrong, ${links.length} named in the summary`);
      for (const a of links) {
        const to = document.getElementById(a.hash.slice(1));
        if (!to || !to.matches("input, select, textarea")) faults.push(`3.3.1: ${name(a)} leads to no field`);
      }
    }
    for (const e of document.querySelectorAll(".notice-success, .notice-danger")) {
      if (!e.closest("[role=status], [role=alert]")) faults.push(`4.1.3: ${name(e)} is not announced`);
    }
    const help = document.querySelector("footer .help"), owner = document.querySelector(".owner");
    if (owner && owner.getAttribute("href") !== "/" && (!help || help.parentElement.firstElementChild !== help)) faults.push("3.2.6: help is not where it is on other pages");
    for (const e of document.querySelectorAll("#kept")) {
      if (!e.querySelector("button")) faults.push("2.2.1: the time is short and cannot be made longer");
    }
    for (const e of document.querySelectorAll("[tabindex]")) if (e.tabIndex > 0) faults.push(`2.4.3: ${name(e)} has an order of its own`);
    for (const e of document.querySelectorAll("meta[http-equiv=refresh], marquee, blink, audio, video, [accesskey]")) faults.push(`2.2.2: ${name(e)} is not welcome`);
    return faults;
  };

  // Origin: nothing on the page comes from elsewhere or is sent there. Links may lead away,
  // and where the page itself is found is said with the house's own name.
  const origin = () => {
    const named = [...document.querySelectorAll("[src], [action], [formaction], [poster], [data], link[href]:not([rel=canonical], [rel=alternate]), use[href], [srcset], [ping]")]
      .flatMap((e) => ["src", "action", "formaction", "poster", "data", "ping", ...(e.matches("a") ? [] : ["href"])].map((a) => e.getAttribute(a)).concat((e.getAttribute("srcset") || "").split(",").map((s) => s.trim().split(" ")[0])));
    const loaded = performance.getEntriesByType("resource").map((r) => r.name);
    return [...named, ...loaded].filter((a) => a && !a.startsWith("data:") && new URL(a, location.href).origin !== location.origin)
      .map((a) => `origin: ${a} is of another house`);
  };

  // A link in a sentence is as high as its line and allowed to be.
  const inline = (e) => getComputedStyle(e).display === "inline" && [...e.parentElement.childNodes].some((n) => n !== e && n.textContent.trim() && !(n.nodeType === 1 && n.matches(".kern-icon, .kern-sr-only")));

  // Sizes: what is pressed is big enough, and what comes first stands above what comes next.
  const sizes = () => {
    settle();
    const faults = [];
    let above = null;
    for (const e of all(reachable).filter(aloud)) {
      const boxes = [e, ...(e.labels || [])].filter(seen).map((b) => b.getBoundingClientRect());
      const wide = Math.max(...boxes.map((b) => b.width)), high = Math.max(...boxes.map((b) => b.height));
      if ((wide < 24 || high < 24) && !inline(e)) faults.push(`2.5.8: ${name(e)} is ${Math.round(wide)} × ${Math.round(high)} px`);
      const box = e.getBoundingClientRect();
      if (above && box.bottom <= above.box.top) faults.push(`2.4.3: ${name(e)} stands above ${name(above.e)} and comes after it`);
      above = { e, box };
    }
    return faults;
  };

  // Spacing: with the reader's own spacing (1.4.12) nothing is cut off, and nothing scrolls sideways.
  const spacing = () => {
    const own = new CSSStyleSheet(), faults = [];
    own.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }");
    const before = document.adoptedStyleSheets;
    document.adoptedStyleSheets = [...before, own];
    for (const e of all("body *").filter(aloud)) {
      const style = getComputedStyle(e);
      if (e.matches("input, select, textarea, progress") || !text(e)) continue;
      const cut = (way, inner, outer) => /hidden|clip/.test(way) && inner > outer + 2;
      if (cut(style.overflowX, e.scrollWidth, e.clientWidth) || cut(style.overflowY, e.scrollHeight, e.clientHeight)) faults.push(`1.4.12: ${name(e)} is cut off`);
    }
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) faults.push(`1.4.12: the page is ${root.scrollWidth} px wide with the reader's spacing`);
    document.adoptedStyleSheets = before;
    return faults;
  };

  // Focus: wherever it is, it is seen, and nothing lies over it. On a low window, as
  // enlarged four times, what floats would cover it.
  const focus = () => {
    settle();
    const faults = [];
    for (const e of all(reachable)) {
      e.focus();
      settle();
      if (document.activeElement !== e) { faults.push(`2.1.1: ${name(e)} does not take the focus`); continue; }
      const marked = (box, part) => { const s = getComputedStyle(box, part); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1; };
      if (!marked(e) && !marked(e, "::after") && !(e.closest(".card") && marked(e.closest(".card")))) faults.push(`2.4.7: nobody sees the focus on ${name(e)}`);
      const b = e.getClientRects()[0];
      const spots = [[b.left + 2, b.top + 2], [b.right - 2, b.bottom - 2], [(b.left + b.right) / 2, (b.top + b.bottom) / 2]].filter(([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight);
      const free = spots.some(([x, y]) => { const at = document.elementFromPoint(x, y); return at && (e.contains(at) || at.contains(e) || [...(e.labels || [])].some((l) => l.contains(at))); });
      if (!free) faults.push(`2.4.11: ${name(e)} is covered or out of the window when it has the focus`);
    }
    document.activeElement.blur();
    return faults;
  };

  // Stillness: who asks for less motion gets none.
  const stillness = () => {
    const faults = [];
    for (const e of document.querySelectorAll("body *")) {
      const style = getComputedStyle(e);
      const long = (s) => s.split(",").some((t) => parseFloat(t) * (t.trim().endsWith("ms") ? 1 : 1000) > 1);
      if (style.animationName !== "none" && long(style.animationDuration) || long(style.transitionDuration)) faults.push(`2.3.3: ${name(e)} moves`);
    }
    if (getComputedStyle(document.documentElement).scrollBehavior === "smooth") faults.push("2.3.3: the page scrolls smoothly");
    return faults;
  };

  const rule = (fault) => fault.split(":")[0];
  const most = (faults) => faults.filter((f, i) => faults.slice(0, i).filter((g) => rule(g) === rule(f)).length < 3);
  return { texts: (lang) => most(texts(lang)), origin: () => most(origin()), sizes: () => most(sizes()), spacing: () => most(spacing()), focus: () => most(focus()), stillness: () => most(stillness()) };
})();
