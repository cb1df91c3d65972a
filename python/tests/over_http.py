"""Every case of crates/query gives over HTTP what it gives in Python: over_http.py POSTERN

Both are asked in turns and read the clock for themselves; a case that speaks of now may be asked again.
"""

import json
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import postern
from corpus import LANGUAGES, ME, cases

TARGETS = ["datatap", "elasticsearch", "kql", "aqs"]
# Moments that depend on the second in which a text was read.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def still(value):
    """Without the moments that nobody can read in the same instant; midnights stay."""
    text = json.dumps(value, ensure_ascii=False)
    return MOMENT.sub(lambda found: found[0] if "T00:00:00Z" in found[0] else "(now)", text)


def span(text, place):
    """Bytes over HTTP, characters in Python."""
    raw = text.encode()
    return [len(raw[: place[end]].decode()) for end in ("start", "end")]


def over_http(base, case):
    body = json.dumps({"q": case.text, "from": case.language, "me": [ME]}).encode()
    request = urllib.request.Request(f"{base}/v1/translate", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            told = json.load(answer)
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        faults = [[one["code"], one["title"], span(case.text, one["span"]), one["label"], one.get("hint")] for one in problem["errors"]]
        return {"errors": faults, "fixed": problem.get("fixed")}
    targets = {}
    for name in TARGETS:
        target = told["targets"][name]
        notes = [[one["fidelity"], one.get("direction"), span(case.text, one["span"]) if "span" in one else None, one["message"]]
                 for one in target["notes"]]
        targets[name] = {"notes": notes, "sent": target.get("sent")}
        if "sent" in target:
            targets[name].update(fidelity=target["fidelity"], direction=target.get("direction"))
    advice = [[one["code"], span(case.text, one["span"]), one["message"]] for one in told["advice"]]
    return {"canonical": told.get("canonical"), "english": told["english"], "advice": advice, "targets": targets}


def in_python(case):
    targets, told = {}, None
    for name in TARGETS:
        try:
            told = done = postern.translate(case.text, target=name, language=case.language, me=ME)
        except postern.Unsupported as error:
            targets[name] = {"notes": notes(error.notes), "sent": None}
        except postern.QueryError as error:
            faults = [[one.code, one.title, list(one.span), one.label, one.hint] for one in error.errors]
            return {"errors": faults, "fixed": error.fixed}
        else:
            targets[name] = {"notes": notes(done.notes), "sent": done.sent, "fidelity": done.fidelity, "direction": done.direction}
    if told is None:
        return {"targets": targets}
    advice = [[one.code, list(one.span), one.message] for one in told.advice]
    return {"canonical": told.canonical, "english": told.english, "advice": advice, "targets": targets}


def notes(all_notes):
    return [[one.fidelity, one.direction, list(one.span) if one.span else None, one.message] for one in all_notes]


def compare(base, case):
    there, here = over_http(base, case), in_python(case)
    there = {name: there[name] for name in here}
    return still(there), still(here)


with tempfile.TemporaryDirectory() as work:
    server = subprocess.Popen([sys.argv[1], "--data", work, "--quiet", "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        base = server.stdout.readline().strip().removeprefix("listening on ")
        count = 0
        for language in LANGUAGES:
            for case in cases(language):
                there, here = compare(base, case)
                if there != here:
                    # Midnight may have passed between the two.
                    there, here = compare(base, case)
                assert there == here, f"{case.text!r}\n over HTTP {there}\n in Python {here}"
                count += 1
        print(f"{count} cases over HTTP and in Python: the same parse, errors, advice and translations")
    finally:
        server.kill()
