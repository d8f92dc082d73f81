// Copies the address of a new link where the browser can.
"use strict";
(() => {
  const link = document.getElementById("link"), button = document.getElementById("link-copy");
  if (!link || !button || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    link.select();
    await navigator.clipboard.writeText(link.value);
    document.getElementById("link-copied").hidden = false;
  });
})();
