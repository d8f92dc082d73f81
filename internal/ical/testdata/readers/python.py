"""Prints a folder's feed and letters as JSON, as python3-icalendar reads them."""

import json
import pathlib
import sys
from datetime import timezone

from icalendar import Calendar


def instant(entry, name):
    return entry[name].dt.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def entries(file):
    for part in Calendar.from_ical(file.read_bytes()).walk("VEVENT"):
        yield {
            "UID": str(part["UID"]),
            "Start": instant(part, "DTSTART"),
            "End": instant(part, "DTEND"),
            "Summary": str(part.get("SUMMARY", "")),
            "Sequence": int(part["SEQUENCE"]),
            "Status": str(part["STATUS"]),
            "Alarms": len(part.subcomponents),
        }


folder = pathlib.Path(sys.argv[1])
json.dump(
    {
        "Feed": list(entries(folder / "feed.ics")),
        "Letters": [entry for file in sorted(folder.glob("letters/*.ics")) for entry in entries(file)],
    },
    sys.stdout,
)
