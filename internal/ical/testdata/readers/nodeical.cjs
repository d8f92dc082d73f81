// Prints a folder's feed and letters as JSON, as node-ical reads them.
// The second argument is the folder with node_modules.

const { readFileSync, readdirSync } = require("node:fs");
const { createRequire } = require("node:module");

const [folder, modules] = process.argv.slice(2);
const ical = createRequire(modules + "/")("node-ical");

const instant = (date) => new Date(date).toISOString().replace(".000", "");
const text = (value) => (value && typeof value === "object" ? value.val : value) ?? "";

function entries(file) {
  const parts = Object.values(ical.sync.parseICS(readFileSync(file, "utf8")));
  return parts.filter((part) => part.type === "VEVENT").map((part) => ({
    UID: part.uid,
    Start: instant(part.start),
    End: instant(part.end),
    Summary: text(part.summary),
    Sequence: Number(part.sequence),
    Status: part.status,
    Alarms: (part.alarms ?? []).length,
  }));
}

const letters = readdirSync(folder + "/letters").sort();
console.log(JSON.stringify({
  Feed: entries(folder + "/feed.ics"),
  Letters: letters.flatMap((name) => entries(folder + "/letters/" + name)),
}));
