"""Plays letters into a calendar of evolution-data-server, by iTIP.

The folder holds one file per letter, in order of their names. Prints as JSON what
the calendar holds after each. Run it under dbus-run-session, with a home of its own.
"""

import json
import pathlib
import sys

from eds import ECal, EDataServer, ICalGLib, all_of, calendar

client = calendar(EDataServer.SourceRegistry.new_sync(None), "visits")
after = []
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.ics")):
    letter = ICalGLib.Component.new_from_string(file.read_text("utf-8"))
    client.receive_objects_sync(letter, ECal.OperationFlags.NONE, None)
    after.append(all_of(client))
json.dump(after, sys.stdout)
