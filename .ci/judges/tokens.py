#!/usr/bin/env python3
"""Compares the analyser of the query crate with Lucene's own over real subjects and bodies.

    tokens.py PREMIUM DOCS.jsonl... [--texts N]

PREMIUM is the stand-in, which hands texts to Lucene 8's standard analyser. There are no exceptions among
real texts. Over single characters the two differ where Unicode has grown since Lucene 8 was made (scripts
and symbols that its tables do not know), and in a few marks that stand alone (Burmese vowel signs,
radicals of Chinese characters, Arabic number signs), which are no words.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def texts(paths, count):
    """Subjects and bodies, each on one line; drawn evenly from all documents."""
    found = []
    for path in paths:
        for line in open(path, encoding="utf-8"):
            document = json.loads(line)
            found += [" ".join(text.split()) for text in (document["subject"], document["body"]) if text]
    found = [text for text in found if text]
    random.Random(1).shuffle(found)
    return found[:count]


def cut(command, file):
    with open(file, encoding="utf-8") as text:
        done = subprocess.run(command, cwd=ROOT, stdin=text, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.split("\n")[:-1]]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("premium")
    arguments.add_argument("documents", nargs="+")
    arguments.add_argument("--texts", type=int, default=20_000)
    arguments = arguments.parse_args()
    lines = texts(arguments.documents, arguments.texts)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        ours = cut(["cargo", "run", "--quiet", "-p", "postern-query", "--example", "tokens"], file.name)
        theirs = cut([arguments.premium, "tokens"], file.name)
    assert len(ours) == len(theirs) == len(lines), (len(ours), len(theirs), len(lines))
    different = [(line, a, b) for line, a, b in zip(lines, ours, theirs) if a != b]
    for line, a, b in different[:20]:
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        print(f"differs: ours {a[at:at + 4]} Lucene {b[at:at + 4]} in {line[:80]!r}...")
    count = sum(map(len, ours))
    print(f"{len(lines) - len(different)} of {len(lines)} texts are cut alike, {count} tokens in all")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
