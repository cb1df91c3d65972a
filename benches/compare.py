#!/usr/bin/env python3
"""Two builds of `postern` over the same mail, in turns: what does a change cost?

    compare.py BEFORE AFTER WORK MAIL…          BEFORE and AFTER are binaries (of `cargo build --release`)

Every folder of MAIL is indexed by both in turns, anew and then with nothing new; then both serve the index of
the last folder, and every class of search is asked of them in turns over loopback. Printed are medians and
AFTER as a multiple of BEFORE; the exit code is 1 where one is above COMPARE_LIMIT (1.05).

COMPARE_ROUNDS (9) says how often each folder is indexed, COMPARE_SEARCHES (301) how often each search is asked,
COMPARE_ONLY=index or search leaves out the other half, COMPARE_CLASSES="word; sender" all other classes.
COMPARE_AFTER_ARGS are arguments of AFTER alone: `--config FILE` with `audit = "off"` compares with a build without it.
COMPARE_INDEX_ARGS are arguments of indexing: with `--jobs 1` both indexes have the same segments in every run.
"""
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

ROUNDS = int(os.environ.get("COMPARE_ROUNDS", "9"))
SEARCHES = int(os.environ.get("COMPARE_SEARCHES", "301"))
LIMIT = float(os.environ.get("COMPARE_LIMIT", "1.05"))
ONLY = os.environ.get("COMPARE_ONLY", "")
CHOSEN = [name.strip() for name in os.environ.get("COMPARE_CLASSES", "").split(";") if name.strip()]
AFTER_ARGS = os.environ.get("COMPARE_AFTER_ARGS", "").split()
INDEX_ARGS = os.environ.get("COMPARE_INDEX_ARGS", "").split()

CLASSES = {
    "word": "problem",
    "rare word": "zeppelin",
    "two words": "please help",
    "phrase": '"would like"',
    "sender": "from:linus",
    "domain": "from:@yahoo.com",
    "subject": "subject:problem",
    "date range": "after:1994-03-01 before:1994-06-01",
    "has attachment": "has:attachment",
    "mailbox and folder": "mailbox:spamassassin in:easy-ham-1",
    "not in a folder": "problem -in:easy-ham-1",
    "combination": "please from:@yahoo.com after:2002-01-01",
    "or group": "(problem OR error OR question)",
    "negation": "please -help",
    "prefix": "messag*",
    "any pattern": "*blem*",
    "misspelt": "problm~1",
    "by relevance": "problem sort:relevance",
    "everything": "",
}
EXTRAS = {
    "word, highlighted": ("problem", {"highlight": "true"}),
    "word, all facets": ("problem", {"facets": "sender,senderDomain,year,month,folder,mailbox,attachmentType"}),
    "word, 1,000 hits": ("problem", {"limit": "1000"}),
}


def process(command):
    """The CPU seconds, the wall seconds and the peak memory (MiB) of a process and its children."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 3), (command, code)  # 3: some files cannot be read
    return used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024


class Side:
    """One of the two builds, its data folders and its server."""

    def __init__(self, name, binary, work, arguments=()):
        self.name, self.data = name, Path(work) / name
        self.command = [str(Path(binary).resolve()), *arguments, "--data", str(self.data)]

    def index(self, mail):
        shutil.rmtree(self.data, ignore_errors=True)
        return self.again(mail)

    def again(self, mail):
        return process([*self.command, "index", "--quiet", *INDEX_ARGS, mail])

    def serve(self, *under):
        command = [*under, *self.command, "serve", "--listen", "127.0.0.1:0"]
        self.server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        address = self.server.stdout.readline().strip().removeprefix("listening on http://")
        self.connection = http.client.HTTPConnection(address, timeout=60)

    def cpu(self):
        """The CPU seconds of the threads of the server so far."""
        threads = Path(f"/proc/{self.server.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def ask(self, query, extra):
        """The CPU seconds of the server and the wall seconds for one page of 50, and how many match."""
        path = "/v1/search?" + urlencode({"q": query, "limit": "50", "engine": "local"} | extra)
        used, began = self.cpu(), time.perf_counter()
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        assert answer.status == 200, (self.name, query, answer.status, body[:500])
        return self.cpu() - used, took, json.loads(body)["count"]["value"]

    def stop(self):
        self.server.terminate()
        self.server.wait(30)


over = []


def row(name, *pairs):
    cells = [name]
    for unit, before, after, counts in pairs:
        ratio = after / before if before else 1.0
        cells += [f"{before:.3g} {unit}", f"{after:.3g} {unit}", f"{ratio:.3f}"]
        if counts and ratio > LIMIT:
            over.append(f"{name}: {ratio:.3f} in {unit}")
    print("| " + " | ".join(cells) + " |", flush=True)


def in_turns(sides, rounds, what):
    """What both sides measure, each round one after the other and the other way round the next time."""
    found = {side.name: [] for side in sides}
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            found[side.name].append(what(side))
    return [[statistics.median(column) for column in zip(*found[side.name])] for side in sides]


def compare_indexing(sides, folders):
    print(f"\n{ROUNDS} rounds, medians\n\n| mail | before, CPU | after | ratio | before, wall | after | ratio | before, memory | after | ratio |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for mail in folders:
        for name, what in ((Path(mail).name, lambda s: s.index(mail)), (f"{Path(mail).name}, nothing new", lambda s: s.again(mail))):
            before, after = in_turns(sides, ROUNDS, what)
            # Wall time on shared cores and memory are for reading; CPU decides.
            row(name, ("s", before[0], after[0], True), ("s", before[1], after[1], False), ("MiB", before[2], after[2], False))


def compare_searching(sides):
    print(f"\n{SEARCHES} searches of each class, medians\n\n| class | matches | before, CPU | after | ratio | before, wall | after | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    classes = {name: (query, {}) for name, query in CLASSES.items()} | EXTRAS
    classes = {name: asked for name, asked in classes.items() if not CHOSEN or name in CHOSEN}
    for name, (query, extra) in classes.items():
        counts = {side.ask(query, extra)[2] for side in sides for _ in range(3)}
        if len(counts) > 1:
            print(f"{name}: they find different numbers of messages: {counts}", file=sys.stderr)
        before, after = in_turns(sides, SEARCHES, lambda side: side.ask(query, extra)[:2])
        row(f"{name} | {max(counts, key=lambda c: c or 0)}", ("ms", before[0] * 1e3, after[0] * 1e3, True), ("ms", before[1] * 1e3, after[1] * 1e3, False))


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    before, after, work, *folders = sys.argv[1:]
    sides = [Side("before", before, work), Side("after", after, work, AFTER_ARGS)]
    if ONLY != "search":
        compare_indexing(sides, folders)
    else:
        for side in sides:
            side.index(folders[-1])
    if ONLY != "index":
        for side in sides:
            side.serve()
        compare_searching(sides)
        for side in sides:
            side.stop()
    if over:
        sys.exit("\nslower than %s times:\n" % LIMIT + "\n".join(over))


if __name__ == "__main__":
    main()
