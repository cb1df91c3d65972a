#!/usr/bin/env python3
"""Compares whose words Postern says lines are with what somebody marked by reading: judge.py WHOSE CORPUS WORK

WHOSE is the example of that name of postern-mail, CORPUS the folder with the packs that `marks.jsonl` names.

The 300 messages were drawn from the packs with a fixed seed (`draw.py`), 100 from each, and marked by reading them before the
program had cut any of them. A mark is a range of lines of the body, counted from 1; lines without text do not count.

- `quoted`: quoted or forwarded text, with the lines that say so.
- `signature`: a line that sets a signature or a footer apart and what follows it, the armour of PGP, and what lists add.
- `contact`: a signature that nothing sets apart. The language calls a signature what `-- ` begins, so such lines count for
  neither side; what it would be if they did is printed too.
- Everything else is new.
"""
import json
import pathlib
import shutil
import subprocess
import sys

LEAST = 0.97
# One message is a build log of 3,600 lines. What it says of a program outweighs all others.
LONG = 1_000


def numbers(ranges):
    return {line for first, last in ranges for line in range(first, last + 1)}


def cut(whose, corpus, work, marks):
    folder = work / "marked"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, mark in enumerate(marks):
        shutil.copy(corpus / mark["file"], folder / f"{number:03}.eml")
    out = subprocess.run([whose, folder], check=True, capture_output=True, text=True).stdout
    return {found["id"]: found for found in map(json.loads, out.splitlines())}


def compare(mark, found):
    """For each kind of words, the lines that are marked so and those that are found so."""
    lines = set(range(1, found["lines"] + 1)) - set(found["blank"])
    quoted, signature, contact = (numbers(mark[kind]) & lines for kind in ("quoted", "signature", "contact"))
    found_quoted, found_signature = (numbers(found[kind]) & lines for kind in ("quoted", "signature"))
    new, found_new = lines - quoted - signature - contact, lines - found_quoted - found_signature
    return {
        "new": (new, found_new - contact),
        "quoted": (quoted, found_quoted - contact),
        "signature": (signature, found_signature - contact),
        "new, with contacts as signatures": (new, found_new),
        "new, with contacts as new": (new | contact, found_new),
    }


def add(sums, name, marked, found):
    right, wrong, missed = sums.get(name, (0, 0, 0))
    sums[name] = (right + len(marked & found), wrong + len(found - marked), missed + len(marked - found))


def share(part, rest):
    return part / (part + rest) if part + rest else 1.0


def main():
    whose, corpus, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    marks = [json.loads(line) for line in (pathlib.Path(__file__).parent / "marks.jsonl").open()]
    found = cut(whose, corpus, work, marks)
    missing = [mark["file"] for mark in marks if mark["id"] not in found]
    assert not missing, f"not read: {missing}"
    sums = {}
    for mark in marks:
        short = found[mark["id"]]["lines"] < LONG
        for kind, (marked, seen) in compare(mark, found[mark["id"]]).items():
            for group in ["all", mark["file"].split("/")[0]] + (["all but the longest"] if short else []):
                add(sums, (group, kind), marked, seen)
    failed = []
    for (group, kind), (right, wrong, missed) in sorted(sums.items()):
        precision, recall = share(right, wrong), share(right, missed)
        print(f"{group}: {kind}: precision {precision:.4f}, recall {recall:.4f} of {right + missed} lines")
        if group.startswith("all") and kind in ("new", "quoted") and min(precision, recall) < LEAST:
            failed.append((group, kind))
    assert not failed, f"below {LEAST}: {failed}"


main()
