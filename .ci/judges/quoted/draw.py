#!/usr/bin/env python3
"""Draws the messages that `marks.jsonl` marks, and prints pack, id and file of each: draw.py CORPUS

Mail whose bytes were drawn before, and files that are no mail, are passed over.
"""
import hashlib
import pathlib
import random
import sys

PACKS = ["spamassassin", "list-archive", "cypherpunks-1994"]
EACH = 100
SEED = 20


def is_mail(raw):
    head = raw[:4000].lower()
    return b"\nfrom:" in head or head.startswith(b"from:")


def main():
    root, chance = pathlib.Path(sys.argv[1]), random.Random(SEED)
    for pack in PACKS:
        files = sorted(str(path) for path in (root / pack).rglob("*") if path.is_file())
        chance.shuffle(files)
        drawn = {}
        for file in files:
            raw = pathlib.Path(file).read_bytes()
            if len(drawn) < EACH and is_mail(raw):
                drawn.setdefault(hashlib.sha256(raw).hexdigest()[:32], pathlib.Path(file).relative_to(root))
        for name, file in drawn.items():
            print(pack, name, file, sep="\t")


main()
