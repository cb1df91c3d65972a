#!/usr/bin/env python3
"""Asks an independent server, an in-memory OpenSearch, what the search bodies mean.

Makes an index with the mapping of the query crate, fills it with the messages of its example
`emit`, sends the body of every query, and compares the hits with those that `evaluate` names, in
their order where that does not depend on relevance.

    elasticsearch.py [--documents N]

Prints `skipped` where the server (PyPI package osmem-server) cannot be had.
"""
import importlib
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = "osmem-server==0.1.6"


def server():
    """The module that starts the server, installed into a folder of its own if need be."""
    folder = pathlib.Path(os.environ.get("POSTERN_JUDGES", tempfile.gettempdir())) / "postern-osmem"
    sys.path.insert(0, str(folder))
    try:
        import osmem_server
    except ImportError:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), PACKAGE]
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            print(f"skipped: {PACKAGE} cannot be installed here")
            sys.exit(0)
        importlib.invalidate_caches()
        import osmem_server
    return osmem_server.OsmemServer


def emit(*arguments, lines=()):
    """The lines that the example prints."""
    command = ["cargo", "run", "--quiet", "-p", "postern-query", "--example", "emit", "--", *arguments]
    text = "".join(line + "\n" for line in lines)
    done = subprocess.run(command, cwd=ROOT, input=text, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def call(method, url, body, kind="application/json"):
    request = urllib.request.Request(url, data=body.encode(), method=method, headers={"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return {"refused": error.read().decode()}


def combined(queries):
    """Each query, and some of them joined, which is where precedence and negation go wrong."""
    dice = random.Random(1)
    plain = [query for query in queries if not query.startswith(("odata:", "lucene:")) and "sort:" not in query]
    for _ in range(250):
        a, b, c = (dice.choice(plain) for _ in range(3))
        yield dice.choice([f"({a}) -({b})", f"({a}) OR -({b})", f"-(({a}) ({b})) ({c})", f"({a}) ({b}) OR ({c})"])
    filters = [query[len("odata:"):] for query in queries if query.startswith("odata:")]
    for a, b in itertools.islice(itertools.product(filters, filters), 0, None, 7):
        yield f"odata:({a}) and not ({b})"
        yield f"odata:not ({a}) or ({b})"


def fill(url, documents):
    lines = []
    for document in documents:
        lines += [json.dumps({"index": {"_id": json.loads(document)["id"]}}), document]
    answer = call("POST", f"{url}/mail/_bulk?refresh=true", "\n".join(lines) + "\n", "application/x-ndjson")
    assert answer.get("errors") is False, f"documents were refused: {str(answer)[:2000]}"


def ask(url, body, count):
    """The ids in their order, and twice the same."""
    body = json.dumps({**json.loads(body), "size": count, "_source": False})
    answers = [call("POST", f"{url}/mail/_search", body) for _ in range(2)]
    if "refused" in answers[0]:
        return answers[0]["refused"]
    first, second = ([hit["_id"] for hit in answer["hits"]["hits"]] for answer in answers)
    return first if first == second else f"two orders: {first[:5]} {second[:5]}"


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    start = server()
    fixed = (ROOT / ".ci/judges/queries.txt").read_text().splitlines()
    fixed = [line for line in fixed if line and not line.startswith("#")]
    queries = fixed + list(combined(fixed))
    bodies, expected = emit("--to", "elasticsearch", lines=queries), emit("--ids", str(count), lines=queries)
    failed = found = refused = 0
    with start.start(japanese=False) as engine:
        made = call("PUT", f"{engine.url}/mail", emit("--mapping")[0])
        assert made.get("acknowledged"), made
        fill(engine.url, emit("--documents", str(count)))
        for query, body, ids in zip(queries, bodies, expected, strict=True):
            if "error" in json.loads(body):
                refused += 1
                print(f"not said: {query}: {body}")
                failed += query in fixed
                continue
            hits, meant = ask(engine.url, body, count), json.loads(ids)
            ids, ordered = meant["ids"], meant["ordered"]
            found += bool(ids) and len(ids) < count
            same = hits == ids if ordered else isinstance(hits, list) and sorted(hits) == sorted(ids)
            if not same:
                failed += 1
                extra = sorted(set(hits) ^ set(ids))[:5] if isinstance(hits, list) else hits[:300]
                difference = extra or f"another order: {hits[:8]} instead of {ids[:8]}"
                print(f"differs: {query}\n  {body}\n  {difference}")
    passed = len(queries) - failed
    print(f"{found} of {len(queries)} queries found some messages and not all; {refused} were not said")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
