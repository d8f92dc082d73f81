"""Prints a folder's feed and letters as JSON, as evolution-data-server keeps them:
the feed taken into one calendar, as many letters as asked for received into another.
Run it under dbus-run-session, with a home of its own.
"""

import json
import pathlib
import sys

import gi

gi.require_version("ECal", "2.0")
gi.require_version("EDataServer", "1.2")
from gi.repository import ECal, EDataServer, ICalGLib  # noqa: E402


def calendar(registry, name):
    source = EDataServer.Source.new_with_uid(name, None)
    source.set_parent("local-stub")
    source.set_display_name(name)
    source.get_extension(EDataServer.SOURCE_EXTENSION_CALENDAR).set_backend_name("local")
    registry.commit_source_sync(source, None)
    for _ in range(100):
        if found := registry.ref_source(name):
            break
    return ECal.Client.connect_sync(found or source, ECal.ClientSourceType.EVENTS, 10, None)


def instant(client, time):
    zone = time.get_timezone()
    if zone is None and not time.is_utc():
        raise ValueError("a time without a zone")
    at = time if time.is_utc() else time.convert_to_zone(ICalGLib.Timezone.get_utc_timezone())
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % (*at.get_date(), *at.get_time())


def shown(client, entry):
    start, end = entry.get_dtstart(), entry.get_dtend()
    for time, name in ((start, "DTSTART"), (end, "DTEND")):
        prop = entry.get_first_property(getattr(ICalGLib.PropertyKind, name + "_PROPERTY"))
        zone = prop.get_first_parameter(ICalGLib.ParameterKind.TZID_PARAMETER)
        if zone is not None:
            _, found = client.get_timezone_sync(zone.get_tzid(), None)
            time.set_timezone(found)
    return {
        "UID": entry.get_uid(),
        "Start": instant(client, start),
        "End": instant(client, end),
        "Summary": entry.get_summary() or "",
        "Sequence": entry.get_sequence(),
        "Status": entry.get_status().value_nick.upper(),
        "Alarms": entry.count_components(ICalGLib.ComponentKind.VALARM_COMPONENT),
    }


def all_of(client):
    _, entries = client.get_object_list_sync("#t", None)
    return [shown(client, entry) for entry in entries]


def main(folder, most):
    registry = EDataServer.SourceRegistry.new_sync(None)
    feed = calendar(registry, "feed")
    text = pathlib.Path(folder, "feed.ics").read_text("utf-8")
    feed.receive_objects_sync(ICalGLib.Component.new_from_string(text), ECal.OperationFlags.NONE, None)
    letters = calendar(registry, "letters")
    for file in sorted(pathlib.Path(folder).glob("letters/*.ics"))[:int(most)]:
        letters.receive_objects_sync(ICalGLib.Component.new_from_string(file.read_text("utf-8")), ECal.OperationFlags.NONE, None)
    json.dump({"Feed": all_of(feed), "Letters": all_of(letters)}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
