# Verifies the signatures of the messages in a folder with dkimpy. The DNS is a JSON
# object on standard input; what it finds it prints as JSON.
import json
import pathlib
import sys

import dkim

records = json.load(sys.stdin)


def dns(name, timeout=5):
    return records[name.decode()].encode()


found = []
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.eml")):
    d = dkim.DKIM(path.read_bytes(), minkey=2048)
    try:
        ok, why = d.verify(dnsfunc=dns), ""
    except dkim.DKIMException as e:
        ok, why = False, str(e)
    domain = d.domain.decode() if d.domain else ""
    signed = sorted({h[0].decode().strip().lower() for h in d.signed_headers}) if ok else []
    found.append({"Name": path.stem, "OK": ok, "Why": why, "Domain": domain, "Headers": signed})
json.dump(found, sys.stdout)
