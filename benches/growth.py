#!/usr/bin/env python3
"""How does everything grow? Generated mail of one size after the other, indexed and searched.

    growth.py POSTERN GROWTH WORK COUNT…        POSTERN is the binary, GROWTH that of `cargo bench --bench growth --no-run`

Each size is made as a compressed mailbox file below WORK (zstd is needed) and removed afterwards. Printed are CPU and
wall time, peak memory and size of indexing, and for each class of search of `compare.py` that asks for words the median
and the 99th percentile of GROWTH_SEARCHES (200), each for another word of the same frequency.
"""
import os
import random
import subprocess
import sys
from pathlib import Path

import compare

SEARCHES = int(os.environ.get("GROWTH_SEARCHES", "200"))
SYLLABLES = [c + v for c in "bdfghklmnprstvwz" for v in "aeiou"]


def word(rank):
    """The word of that rank, as `growth` writes it."""
    text = ""
    while True:
        rank, syllable = divmod(rank, 80)
        text += SYLLABLES[syllable]
        if not rank:
            return text


def common(draw):
    return word(draw.randrange(20, 100))


def rare(draw):
    return word(draw.randrange(3_000, 10_000))


CLASSES = {
    "frequent word": lambda d: common(d),
    "rare word": lambda d: rare(d),
    "two words": lambda d: f"{common(d)} {word(d.randrange(100, 1_000))}",
    "phrase": lambda d: f'"{common(d)} {common(d)}"',
    "sender": lambda d: f"from:{word(d.randrange(1_000) + 400)}",
    "domain": lambda d: f"from:@{word(d.randrange(900) + 80)}.example",
    "subject": lambda d: f"subject:{rare(d)}",
    "date range": lambda d: f"after:20{d.randrange(10, 19)}-03-01 before:20{d.randrange(10, 19)}-12-01",
    "has attachment": lambda d: f"has:attachment {common(d)}",
    "combination": lambda d: f"{common(d)} from:@{word(d.randrange(900) + 80)}.example after:2010-01-01",
    "or group": lambda d: f"({common(d)} OR {rare(d)} OR {common(d)})",
    "negation": lambda d: f"{common(d)} -{common(d)}",
    "prefix": lambda d: f"{rare(d)[:5]}*",
    "misspelt": lambda d: f"{rare(d)}~1",
    "any pattern": lambda d: f"*{rare(d)[1:5]}*",
    "by relevance": lambda d: f"{common(d)} {rare(d)} sort:relevance",
    "everything": lambda d: "",
}


def make(growth, mail, count):
    with open(mail, "wb") as out:
        maker = subprocess.Popen([growth, str(count)], stdout=subprocess.PIPE)
        subprocess.run(["zstd", "-q", "-1", "-c"], stdin=maker.stdout, stdout=out, check=True)
        assert maker.wait() == 0


def searched(side):
    draw = random.Random(7)
    for name, query in CLASSES.items():
        side.ask(query(draw), {})
        times = sorted(side.ask(query(draw), {})[1] * 1e3 for _ in range(SEARCHES))
        print(f"| {name} | {times[len(times) // 2]:.2f} ms | {times[len(times) * 99 // 100]:.2f} ms |", flush=True)


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    postern, growth, work, *counts = sys.argv[1:]
    for count in counts:
        mail = Path(work) / "growth.mbox.zst"
        make(growth, mail, count)
        side = compare.Side(f"growth-{count}", postern, work)
        cpu, wall, memory = side.index(str(mail))
        size = sum(file.stat().st_size for file in side.data.rglob("*") if file.is_file())
        print(f"\n{count} messages, {mail.stat().st_size / 1e6:.0f} MB compressed: CPU {cpu:.0f} s, wall {wall:.0f} s, {memory:.0f} MiB, index {size / 1e6:.0f} MB\n")
        print("| class | median | 99th percentile |\n|---|---|---|")
        side.serve()
        searched(side)
        side.stop()
        mail.unlink()


if __name__ == "__main__":
    main()
