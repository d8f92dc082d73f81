"""Prints a calendar from standard input as JSON, as python3-icalendar reads it."""

import json
import sys
from datetime import timezone

from icalendar import Calendar


def instant(entry, name):
    return entry[name].dt.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def person(entry, name):
    if name not in entry:
        return ""
    return entry[name].params.get("CN", "") + " " + str(entry[name])


def event(entry):
    return {
        "UID": str(entry["UID"]),
        "Summary": str(entry.get("SUMMARY", "")),
        "Location": str(entry.get("LOCATION", "")),
        "Description": str(entry.get("DESCRIPTION", "")),
        "Status": str(entry["STATUS"]),
        "Start": instant(entry, "DTSTART"),
        "End": instant(entry, "DTEND"),
        "Sequence": int(entry["SEQUENCE"]),
        "Alarms": len(entry.subcomponents),
        "Organizer": person(entry, "ORGANIZER"),
        "Attendee": person(entry, "ATTENDEE"),
    }


calendar = Calendar.from_ical(sys.stdin.buffer.read())
json.dump(
    {
        "Method": str(calendar["METHOD"]),
        "Parts": [part.name for part in calendar.subcomponents],
        "Events": [event(part) for part in calendar.subcomponents if part.name == "VEVENT"],
    },
    sys.stdout,
)
