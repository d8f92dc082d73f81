# Reads calendars with python3-icalendar and expands them with dateutil, naively: every
# occurrence from the first on. Each argument is a file; one line of JSON per file.
import datetime, json, sys, zoneinfo
import icalendar
from dateutil import rrule

UTC = datetime.timezone.utc
OFFICE = zoneinfo.ZoneInfo("Europe/Berlin")
FROM = datetime.datetime(2026, 10, 1, tzinfo=OFFICE).astimezone(UTC)
TO = datetime.datetime(2027, 10, 1, tzinfo=OFFICE).astimezone(UTC)


def instant(t):
    if not isinstance(t, datetime.datetime):
        t = datetime.datetime(t.year, t.month, t.day, tzinfo=OFFICE)
    return t.astimezone(UTC)


def zone_of(start):
    zone = getattr(start, "tzinfo", OFFICE)
    return zoneinfo.ZoneInfo(zone.zone) if hasattr(zone, "zone") else zone  # pytz has one zone per offset


def listed(event, name):
    value = event.get(name, [])
    for part in value if isinstance(value, list) else [value]:
        yield from (d.dt for d in part.dts)


def occurrences(event, replaced):
    start = event["DTSTART"].dt
    wall = datetime.datetime(*start.timetuple()[:6])
    length = datetime.datetime(*event["DTEND"].dt.timetuple()[:6]) - wall
    walls = {wall}
    if "RRULE" in event:
        rule = event["RRULE"]
        text = rule.to_ical().decode()
        if "UNTIL" in rule:
            until = rule["UNTIL"][0]
            if isinstance(until, datetime.datetime) and until.tzinfo and isinstance(start, datetime.datetime):
                until = until.astimezone(start.tzinfo)
            kept = [p for p in text.split(";") if not p.startswith("UNTIL=")]
            text = ";".join(kept) + ";UNTIL=" + until.strftime("%Y%m%dT%H%M%S")
        for t in rrule.rrulestr(text, dtstart=wall):
            if t > datetime.datetime(2027, 10, 3):
                break
            walls.add(t)
    gone = {instant(t) for t in listed(event, "EXDATE")} | replaced
    for w in walls:
        zone = zone_of(start)
        if instant(w.replace(tzinfo=zone)) in gone:
            continue
        yield instant(w.replace(tzinfo=zone)), instant((w + length).replace(tzinfo=zone))


for file in sys.argv[1:]:
    calendar = icalendar.Calendar.from_ical(open(file, "rb").read())
    events = calendar.walk("VEVENT")
    times = set()
    for event in events:
        replaced = set()
        if "RECURRENCE-ID" not in event:
            replaced = {instant(e["RECURRENCE-ID"].dt) for e in events if "RECURRENCE-ID" in e and e["UID"] == event["UID"]}
        if event.get("STATUS") == "CANCELLED" or event.get("TRANSP") == "TRANSPARENT":
            continue
        for a, b in occurrences(event, replaced):
            if a < b and a < TO and b > FROM:
                times.add((a.strftime("%Y-%m-%dT%H:%M:%SZ"), b.strftime("%Y-%m-%dT%H:%M:%SZ")))
    print(json.dumps(sorted(times)))
