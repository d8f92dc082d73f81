"""Thunderbird without a screen, driven through Marionette, its remote protocol.

run(script, *arguments) runs JavaScript inside and gives what it returns.

As a program it prints a folder's feed and letters as JSON, as Thunderbird reads
them: the feed subscribed to over HTTP, the letters taken in as invitations.
"""

import functools
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

PREFERENCES = """
user_pref("marionette.port", %d);
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mailnews.start_page.enabled", false);
user_pref("network.proxy.type", 0);
user_pref("calendar.timezone.useSystemTimezone", false);
user_pref("calendar.timezone.local", "Europe/Berlin");
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Thunderbird:
    def __enter__(self):
        self.home = tempfile.mkdtemp()
        port = free_port()
        pathlib.Path(self.home, "user.js").write_text(PREFERENCES % port)
        self.program = subprocess.Popen(
            ["thunderbird", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", self.home],
            env=dict(os.environ, HOME=self.home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.connect(port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.program.terminate()
        try:
            self.program.wait(10)
        except subprocess.TimeoutExpired:
            self.program.kill()
            self.program.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def connect(self, port):
        for _ in range(600):
            if self.program.poll() is not None:
                raise RuntimeError("thunderbird has ended")
            try:
                self.stream = socket.create_connection(("127.0.0.1", port)).makefile("rwb")
                break
            except OSError:
                time.sleep(0.1)
        self.number = 0
        self.receive()
        self.command("WebDriver:NewSession")
        self.command("WebDriver:SetTimeouts", script=100_000)
        self.command("Marionette:SetContext", value="chrome")

    def receive(self):
        size = b""
        while (c := self.stream.read(1)) != b":":
            if not c:
                raise RuntimeError("thunderbird has ended")
            size += c
        return json.loads(self.stream.read(int(size)))

    def command(self, name, **parameters):
        self.number += 1
        message = json.dumps([0, self.number, name, parameters]).encode()
        self.stream.write(b"%d:%s" % (len(message), message))
        self.stream.flush()
        _, _, error, result = self.receive()
        if error:
            raise RuntimeError(error)
        return result.get("value") if isinstance(result, dict) else result

    def run(self, script, *arguments):
        got = self.command("WebDriver:ExecuteAsyncScript", args=list(arguments), script="""
            const done = arguments[arguments.length - 1];
            const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
            (async (...given) => {""" + SHARED + script + """})(...arguments)
                .then(value => done({ value }), error => done({ error: String(error) + " " + error?.stack }));""")
        if "error" in got:
            raise RuntimeError(got["error"])
        return got.get("value")


SHARED = """
    const instant = time => time.getInTimezone(cal.dtz.UTC).icalString.replace(/(....)(..)(..)T(..)(..)(..)/, "$1-$2-$3T$4:$5:$6");
    const shown = item => ({
        UID: item.id, Start: instant(item.startDate), End: instant(item.endDate), Summary: item.title ?? "",
        Sequence: Number(item.getProperty("SEQUENCE")), Status: item.status, Alarms: item.getAlarms().length,
    });
    const store = (name, owner) => {
        const old = cal.manager.getCalendars().find(c => c.name == name);
        if (old) {
            return old;
        }
        const made = cal.manager.createCalendar("storage", Services.io.newURI("moz-storage-calendar://"));
        made.name = name;
        cal.manager.registerCalendar(made);
        made.setProperty("organizerId", "mailto:" + owner); // or nobody here is invited
        return made;
    };
    const all = calendar => calendar.getItemsAsArray(Ci.calICalendar.ITEM_FILTER_TYPE_EVENT, 0, null, null);
    // receive does what the invitation's button does, if it offers one.
    const receive = async (calendar, text) => {
        const message = Cc["@mozilla.org/calendar/itip-item;1"].createInstance(Ci.calIItipItem);
        message.init(text);
        message.receivedMethod = text.match(/\\nMETHOD:(\\w+)/)[1];
        message.responseMethod = message.receivedMethod;
        message.autoResponse = Ci.calIItipItem.NONE;
        message.targetCalendar = calendar;
        const act = await new Promise((resolve, reject) => cal.itip.processItipItem(message,
            (item, status, action, found) => resolve(action)));
        if (!act) {
            return "nothing";
        }
        await new Promise((resolve, reject) => {
            act({
                QueryInterface: ChromeUtils.generateQI(["calIOperationListener"]),
                onOperationComplete(calendar, status, type, id, detail) {
                    Components.isSuccessCode(status) ? resolve() : reject(new Error("refused: " + detail));
                },
                onGetResult() {},
            }, "ACCEPTED", { responseMode: Ci.calIItipItem.NONE });
            ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs")
                .setTimeout(() => reject(new Error("nobody here is invited")), 15_000);
        });
        return act.method;
    };
"""


def serve(folder):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    handler.func.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d/" % server.server_port


def main(folder):
    with Thunderbird() as thunderbird:
        feed = thunderbird.run("""
            const calendar = cal.manager.createCalendar("ics", Services.io.newURI(given[0]));
            calendar.name = "feed";
            const loaded = new Promise(resolve => calendar.addObserver({
                QueryInterface: ChromeUtils.generateQI(["calIObserver"]),
                onStartBatch() {}, onEndBatch() {}, onLoad() { resolve(); }, onAddItem() {}, onModifyItem() {}, onDeleteItem() {},
                onError(calendar, number, message) { resolve(message); }, onPropertyChanged() {}, onPropertyDeleting() {},
            }));
            cal.manager.registerCalendar(calendar);
            calendar.refresh();
            await loaded;
            return (await all(calendar)).map(shown);""", serve(folder) + "feed.ics")
        read = thunderbird.run("""
            const out = [];
            for (const file of given[0]) {
                const message = Cc["@mozilla.org/calendar/itip-item;1"].createInstance(Ci.calIItipItem);
                message.init(await IOUtils.readUTF8(file));
                out.push(...message.getItemList().map(shown));
            }
            return out;""", [str(file) for file in sorted(pathlib.Path(folder).glob("letters/*.ics"))])
    json.dump({"Feed": feed, "Letters": read}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
