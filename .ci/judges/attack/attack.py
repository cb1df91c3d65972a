"""An attack on the real gateway, class by class: attack.py POSTERN SAMPLES WORK [CLASS …] [--without CLASS …] [--bench]

While it runs, `/healthz` and one honest client are asked all the time: each answer must be right and come within 2 s.
One line for each class says what was tried, the worst of it and what failed. Everything is on loopback and the same in every run.

POSTERN_ATTACK_FULL=1 tries more over more mail; POSTERN_ATTACK_CPU and POSTERN_ATTACK_MEMORY widen the bounds
by a factor. The bounds below are those of the debug build over a small index.
"""

import argparse
import contextlib
import os
import pathlib
import resource
import subprocess
import sys
import time
from types import SimpleNamespace

import connections
import folder
import keys
import pages
import paths
import queries
import views
import wire
import words
from gateway import Gateway, started
from mails import hostile
from scene import EVERYBODY, HOSTILE, T1, T2, Scene
from tally import Tally, latency

FULL = os.environ.get("POSTERN_ATTACK_FULL") == "1"
CPU, MEMORY = (float(os.environ.get(f"POSTERN_ATTACK_{name}", "1")) for name in ("CPU", "MEMORY"))
HERE = pathlib.Path(__file__).parent
SPELLINGS, BULK = (21_000, 100_000) if FULL else (2_000, 2_000)
BOUNDS = SimpleNamespace(
    bulk=BULK,
    query_cpu=4 * CPU,
    message_cpu=0.0004 * CPU,  # and for each message that an export writes
    query_memory=200 * MEMORY,  # seconds of CPU and megabytes of one query
    mail_cpu=4 * CPU,
    mail_memory=250 * MEMORY,  # and of one view of one mail
    readers_memory=600 * MEMORY,  # megabytes of all slow readers: 256 MiB of answers, what is read at the moment, and mapped pages of the index
    timeout=20,
    patience=8,  # seconds until an answer, and from then until the process has come to rest
    rest=2 * CPU,  # seconds until the work of a client that hung up has ended
    time=5,
    slack=3,  # `limits.time` of the gateway before which connections wait, and how much later all is closed
    connections=1000,
    crowd=4200,
    places=64,
    readers=100,
    names_memory=10 * MEMORY,  # megabytes after asking for the fields of many indexes
)
CLASSES = ["paths", "queries", "mails", "connections", "keys", "pages", "folder"]


class Run:
    """The scene, the hostile upstream and the faults so far."""

    def __init__(self, postern, samples, work):
        self.tally, self.scene, self.mails = Tally(), Scene(postern, samples, work), hostile()
        self.record, self.elsewhere = self.scene.work / "seen.jsonl", self.scene.work / "elsewhere.jsonl"
        self.upstreams = []
        elsewhere = self.upstream(self.elsewhere)
        self.upstream_base = self.upstream(self.record, elsewhere)

    def upstream(self, *arguments):
        process, base = started([sys.executable, str(HERE / "upstream.py"), *map(str, arguments)], None)
        self.upstreams.append(process)
        return base

    def end(self):
        for process in self.upstreams:
            process.kill()

    def index(self):
        """T1 has the samples, plain mail and the hostile mails; T2 the samples."""
        mail = self.scene.work / "mail"
        (mail / HOSTILE / "Inbox").mkdir(parents=True, exist_ok=True)
        (mail / "bulk@contoso.com").mkdir(exist_ok=True)
        for number, raw in enumerate(self.mails.values()):
            (mail / HOSTILE / "Inbox" / f"{number:03}.eml").write_bytes(raw)
        words.bulk(mail / "bulk@contoso.com" / "Inbox.mbox", BULK)
        for tenant, sources in ((T1, [self.scene.samples, mail]), (T2, [self.scene.samples])):
            began = time.monotonic()
            command = [self.scene.postern, "--data", str(self.scene.data[tenant]), "--quiet", "index", *map(str, sources)]
            run = subprocess.run(command, stderr=subprocess.PIPE, text=True)
            print(
                f"indexed for {tenant[:1]} in {time.monotonic() - began:.1f} s, exit {run.returncode} {run.stderr[-200:].strip()}",
                flush=True,
            )

    def opened(self, limits=(), more_keys=(), watched=True):
        config = self.scene.config(self.upstream_base, [*EVERYBODY, *more_keys], limits)
        return Gateway(self.scene, config, self.tally, watched)

    def waiting(self, bounds, watched=True):
        return self.opened([f'time = "{bounds.time}s"', f"concurrency = {bounds.places}"], watched=watched)

    @contextlib.contextmanager
    def without_keys(self):
        config = self.scene.config(None, [], more=f'[cors]\norigins = ["{pages.OURS}"]\n', data=self.scene.data[T2].name)
        with Gateway(self.scene, config, self.tally, False) as gateway:
            yield gateway

    def paths(self):
        with self.opened() as gateway:
            paths.run(self.tally, gateway, paths.Record(self.record), paths.Record(self.elsewhere), SPELLINGS)

    def queries(self):
        queries.run(self.tally, self.opened, BOUNDS)

    def mails_(self):
        views.run(self.tally, self.opened, self.mails, BOUNDS)

    def connections(self):
        large = [views.ways(keys.digest(self.mails[name]))["original"] for name in ("base64 of 8 MB", "a long body")]
        connections.run(self.tally, self.waiting, BOUNDS, large, list(queries.DEAR.values()))

    def keys(self):
        record = paths.Record(self.record)
        record.new()
        keys.run(self.tally, lambda more: self.opened(more_keys=more), record, self.scene.samples, BOUNDS)

    def pages(self):
        with self.without_keys() as gateway:
            pages.run(self.tally, gateway)

    def folder(self):
        with self.opened() as gateway:
            folder.run(self.tally, self.scene, gateway)

    def all(self, names):
        for name in names:
            wire.Answer.secrets = self.scene.upstream_secrets()
            getattr(self, "mails_" if name == "mails" else name)()
            self.tally.end()


def idle(run, seconds):
    """The same watchers over a gateway that nobody attacks."""
    run.tally.begin("idle")
    with run.opened():
        time.sleep(seconds)
    run.tally.end()
    return run.tally.seconds


def bench(run, names):
    """Latency of the watchers without and under the attack."""
    beside = idle(run, 15)
    run.tally.all_seconds = {name: [] for name in beside}
    run.all(names)
    for name, values in beside.items():
        print(f"bench: idle, {latency(name, values)}")
        print(f"bench: under attack, {latency(name, run.tally.all_seconds[name])}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("postern", "samples", "work"):
        parser.add_argument(name)
    parser.add_argument("classes", nargs="*", default=CLASSES, metavar="class")
    parser.add_argument("--without", nargs="*", default=[], choices=CLASSES)
    parser.add_argument("--bench", action="store_true")
    told = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    run, began = Run(told.postern, told.samples, told.work), time.monotonic()
    names = [name for name in told.classes if name not in told.without]
    try:
        run.index()
        (bench if told.bench else Run.all)(run, names)
    finally:
        run.end()
    failed = {name: faults for name, faults in run.tally.faults.items() if faults}
    print(f"{len(names)} classes in {time.monotonic() - began:.0f} s, {sum(map(len, failed.values()))} faults in {sorted(failed)}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
