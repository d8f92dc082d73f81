"""Plays letters into Thunderbird's calendar, as a click on each one's button would.

The folder holds one file per letter, in order of their names. Prints as JSON what
the calendar holds after each.
"""

import json
import pathlib
import sys

from thunderbird import Thunderbird

with Thunderbird() as thunderbird:
    after = []
    for file in sorted(pathlib.Path(sys.argv[1]).glob("*.ics")):
        did, entries = thunderbird.run("""
            const calendar = store("visits", "j.ueberall@post.example");
            const did = await receive(calendar, given[0]);
            return [did, (await all(calendar)).map(shown)];""", file.read_bytes().decode())
        print(file.name, did, file=sys.stderr)
        after.append(entries)
    json.dump(after, sys.stdout)
