// Prints a folder's feed and letters as JSON, as ical.js reads them.
// The second argument is the folder with node_modules.

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, modules] = process.argv.slice(2);
const ICAL = createRequire(modules + "/").resolve("ical.js");
const { default: ical } = await import(ICAL);

const instant = (time) => time.convertToZone(ical.Timezone.utcTimezone).toString().replace(/Z?$/, "Z");

function entries(file) {
  const calendar = new ical.Component(ical.parse(readFileSync(file, "utf8")));
  const zones = new Map(calendar.getAllSubcomponents("vtimezone").map((z) => [z.getFirstPropertyValue("tzid"), new ical.Timezone(z)]));
  return calendar.getAllSubcomponents("vevent").map((part) => {
    const time = (name) => {
      const value = part.getFirstPropertyValue(name);
      const zone = part.getFirstProperty(name).getParameter("tzid");
      value.zone = zone ? zones.get(zone) : ical.Timezone.utcTimezone;
      return instant(value);
    };
    const event = new ical.Event(part);
    return {
      UID: event.uid,
      Start: time("dtstart"),
      End: time("dtend"),
      Summary: event.summary ?? "",
      Sequence: event.sequence,
      Status: part.getFirstPropertyValue("status"),
      Alarms: part.getAllSubcomponents("valarm").length,
    };
  });
}

const letters = readdirSync(folder + "/letters").sort();
console.log(JSON.stringify({
  Feed: entries(folder + "/feed.ics"),
  Letters: letters.flatMap((name) => entries(folder + "/letters/" + name)),
}));
