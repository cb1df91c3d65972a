#!/usr/bin/env python3
"""Two builds of `postern`: how many instructions does each class of search take? Unlike times, these do not depend
on what else the machine does.

    instructions.py BEFORE AFTER WORK MAIL      BEFORE and AFTER are binaries (of `cargo build --release`)

Both index MAIL with one thread, so that they have the same segments, and serve it under callgrind of valgrind. Of
each class a few searches warm up, and INSTRUCTIONS_SEARCHES (20) are counted. The variables of `compare.py` that
choose classes and arguments hold here too; the exit code is 1 where a ratio is above COMPARE_LIMIT.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

import compare

SEARCHES = int(os.environ.get("INSTRUCTIONS_SEARCHES", "20"))
WARM = 5
VALGRIND = ("valgrind", "--quiet", "--tool=callgrind")


class Counted(compare.Side):
    """A side whose server counts what it does."""

    def start(self, work):
        self.dumps = Path(work) / f"{self.name}.callgrind"
        self.serve(*VALGRIND, f"--callgrind-out-file={self.dumps}")
        self.taken = 0

    def control(self, what):
        subprocess.run(["callgrind_control", what, str(self.server.pid)], check=True, capture_output=True)

    def instructions(self, query, extra):
        """The instructions of one search, and how many messages match."""
        for _ in range(WARM):
            found = self.ask(query, extra)[2]
        self.control("-z")
        for _ in range(SEARCHES):
            self.ask(query, extra)
        self.control("-d")
        self.taken += 1
        text = Path(f"{self.dumps}.{self.taken}").read_text()
        total = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
        return int(total[1]) / SEARCHES, found


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    before, after, work, mail = sys.argv[1:]
    compare.INDEX_ARGS = [*compare.INDEX_ARGS, "--jobs", "1"]
    sides = [Counted("before", before, work), Counted("after", after, work, compare.AFTER_ARGS)]
    for side in sides:
        side.index(mail)
        side.start(work)
    classes = {name: (query, {}) for name, query in compare.CLASSES.items()} | compare.EXTRAS
    print("\n| class | matches | before, instructions | after | ratio |\n|---|---|---|---|---|")
    for name, (query, extra) in classes.items():
        if not compare.CHOSEN or name in compare.CHOSEN:
            (old, _), (new, found) = (side.instructions(query, extra) for side in sides)
            compare.row(f"{name} | {found}", ("million", old / 1e6, new / 1e6, True))
    for side in sides:
        side.stop()
    if compare.over:
        sys.exit("\nmore than %s times:\n" % compare.LIMIT + "\n".join(compare.over))


if __name__ == "__main__":
    main()
