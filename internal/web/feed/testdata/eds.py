# Subscribes evolution-data-server to a feed and prints what it sees, as JSON, one line for
# each line that it is told to look again by.
import json, sys, time
import gi
gi.require_version("EDataServer", "1.2"); gi.require_version("ECal", "2.0"); gi.require_version("ICalGLib", "3.0")
from gi.repository import EDataServer, ECal, Gio, GLib

registry = EDataServer.SourceRegistry.new_sync(None)
source = EDataServer.Source.new_with_uid("feed", None)
source.set_display_name("feed")
source.set_parent("webcal-stub")
source.get_extension("Calendar").set_backend_name("webcal")
web = source.get_extension("WebDAV Backend")
web.set_uri(GLib.Uri.parse(sys.argv[1], GLib.UriFlags.NONE))
source.get_extension("Authentication").set_method("none")
source.get_extension("Security").set_method("none")
source.get_extension("Refresh").set_enabled(False)
registry.commit_source_sync(source, None)
client = None
for i in range(50):
    found = registry.ref_source("feed")
    if found:
        client = ECal.Client.connect_sync(found, ECal.ClientSourceType.EVENTS, 20, None)
        break
    time.sleep(0.1)

def look():
    ok, list = client.get_object_list_as_comps_sync("#t", None)
    out = {}
    for c in list:
        c = c.get_icalcomponent()
        out[c.get_uid()] = [c.get_dtstart().as_ical_string(), str(c.get_status()), c.get_sequence()]
    print(json.dumps(out), flush=True)

for line in sys.stdin:
    client.refresh_sync(None)
    time.sleep(float(line))
    look()
