#!/usr/bin/env python3
"""Asks Lucene's own classic parser what the query texts mean that are emitted.

The text of every query is parsed by Lucene (Debian package liblucene8-java); what it became and the
condition of the query are compared as truth tables over their words, phrases and patterns.

`*` alone is the service's own word for every message and not asked about.

Prints `skipped` where Java or Lucene cannot be had.
"""
import glob
import itertools
import json
import pathlib
import random
import re
import subprocess
import sys

from elasticsearch import combined, emit

HERE = pathlib.Path(__file__).resolve().parent
LISTS = "toRecipients ccRecipients bccRecipients attachments".split()


def parsed(texts):
    jars = [jar for name in ("core", "queryparser", "analyzers-common") for jar in glob.glob(f"/usr/share/java/lucene-{name}-8.*.jar")]
    if len(jars) < 3:
        print("skipped: liblucene8-java is not here")
        sys.exit(0)
    command = ["java", "-cp", ":".join(jars), str(HERE / "LuceneShapes.java")]
    try:
        done = subprocess.run(command, input="".join(text + "\n" for text in texts), stdout=subprocess.PIPE, text=True, check=True)
    except FileNotFoundError:
        print("skipped: Java is not here")
        sys.exit(0)
    return [json.loads(line) for line in done.stdout.splitlines()]


def for_lucene(text):
    """The service reads `list/field:`; Lucene itself wants the slash escaped."""
    for name in LISTS:
        text = re.sub(rf"\b{name}/(\w+:)", rf"{name}\\/\1", text)
    return text


def atom(field, kind, text, number):
    """A prefix is a wildcard, and what begins with a wildcard is said as a regular expression."""
    if kind == "prefix":
        kind, text = "wildcard", text + "*"
    if kind == "wildcard" and text[0] in "*?":
        kind = "regexp"
        text = "".join({"*": ".*", "?": "."}.get(c, c if c.isalnum() or ord(c) > 127 else "\\" + c) for c in text)
    if kind == "phrase" and " " not in text:
        kind = "term"
    if kind == "fuzzy" and number == 0:
        kind = "fuzzy"
    return (field, kind, text, number)


def atoms(shape):
    if "is" in shape:
        return {atom(*shape["is"])}
    inner = shape.get("and") or shape.get("or") or ([shape["not"]] if "not" in shape else [])
    return set().union(*map(atoms, inner)) if inner else set()


def holds(shape, true):
    if "is" in shape:
        return atom(*shape["is"]) in true
    if "not" in shape:
        return not holds(shape["not"], true)
    if "and" in shape:
        return all(holds(part, true) for part in shape["and"])
    return any(holds(part, true) for part in shape["or"])


def same(one, two):
    names = sorted(atoms(one) | atoms(two))
    if len(names) <= 10:
        worlds = itertools.chain.from_iterable(itertools.combinations(names, n) for n in range(len(names) + 1))
    else:
        dice = random.Random(1)
        worlds = ([name for name in names if dice.random() < 0.5] for _ in range(2000))
    return all(holds(one, set(world)) == holds(two, set(world)) for world in worlds)


def main():
    fixed = [line for line in (HERE / "queries.txt").read_text().splitlines() if line and not line.startswith("#")]
    plain = [line for line in fixed if not line.startswith("odata:")]
    words = [line for line, answer in zip(plain, emit("--to", "lucene", lines=plain)) if "error" not in json.loads(answer)]
    queries = words + list(itertools.islice(combined(words * 3), 0, 750))
    dice = random.Random(2)
    typed = [line for line in words if not line.startswith("lucene:")]
    shapes = ["({}) OR ({}) -({})", "({}) -(({}) OR ({}))", "{{({}) -({})}} ({})", "({}) OR -(({}) -({}))"]
    queries += [dice.choice(shapes).format(*dice.choices(typed, k=3)) for _ in range(800)]
    answers = [json.loads(line) for line in emit("--to", "lucene", lines=queries)]
    said = [(query, answer) for query, answer in zip(queries, answers, strict=True) if "error" not in answer and answer["text"] != "*"]
    shapes = parsed([for_lucene(answer["text"]) for _, answer in said])
    failed = 0
    for (query, answer), shape in zip(said, shapes, strict=True):
        if "error" in shape or not same(answer["shape"], shape):
            failed += 1
            print(f"differs: {query}\n  {answer['text']}\n  {shape}")
    print(f"lucene reads {len(said) - failed} of {len(said)} texts as they are meant ({len(queries) - len(said)} cannot be said)")
    assert len(said) >= 500, "too few texts"
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
