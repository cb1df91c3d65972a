"""Laws of meaning, which need no second engine: they hold for whatever is asked.

    partition.py POSTERN PREMIUM_FOLDER DOCS WORK COUNT [SEED [GATEWAY TENANT]]

COUNT pairs of a query `q` and a condition `p` that is not about the place are drawn: one half in the language of people,
asked of the local index, the other as filters and query text, asked of the local index and of the stand-in; or both are
asked of a gateway alone, which has the documents. Of the sets that are found,

- `q` is `q and p` together with `q and not p`, and no message is in both,
- another clause never adds a message, and another alternative never takes one away,
- the order of clauses does not matter,
- `p or (not p and (p or q))` is `p or q`.
"""

import collections
import concurrent.futures
import json
import random
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

POSTERN, PREMIUM, DOCS, WORK, COUNT, *MORE = sys.argv[1:]
SEED, GATEWAY = MORE[:1], MORE[1:]
sys.path.insert(0, PREMIUM)
from make_cases import Drawer  # noqa: E402

OF_PLACE = re.compile(r"\b(mailbox|folder|isRead|itemId|fragmentId)\b")
with open(DOCS, encoding="utf-8") as lines:
    docs = [json.loads(line) for line in lines]
seed = int((SEED or ["20"])[0])
drawer, rng = Drawer(docs, seed), random.Random(seed)


def typed_leaf(of_place):
    """A condition as people type it, with a value of some document."""
    doc, word = rng.choice(docs), rng.choice(drawer.words)
    people = doc["toRecipients"] or [{"address": "nobody@x.example"}]
    address = doc["fromAddress"] or "nobody@x.example"
    date = (doc["receivedDateTime"] or "2024-01-01")[:10]
    values = [
        word, word, f"{word[:3]}*", f"subject:{word}", f"body:{word}", f'"{word} {rng.choice(drawer.words)}"',
        f"{word}~1", f"{word} NEAR/9 {rng.choice(drawer.words)}", f"from:{address}", f"from:@{address.split('@')[-1]}",
        f"to:{people[0]['address']}", f"participants:{address}", "has:attachment", "ext:pdf", f"filename:{word}", f"date:{date[:7]}", f"after:{date}",
        f"size>{doc['size'] or 0}", "importance:high", "kind:email", f"category:{word}", "sent:2024",
    ]
    if of_place:
        values += ["is:read", "is:unread", "is:flagged"] + [f'{name}:{json.dumps(doc[key], ensure_ascii=False)}' for name, key in (("mailbox", "mailbox"), ("in", "folder")) if doc[key]]
    return rng.choice(values)


def typed(depth, of_place):
    if depth == 0 or rng.random() < 0.2:
        return typed_leaf(of_place)
    way = rng.random()
    parts = [typed(depth - 1, of_place) for _ in range(rng.choice((2, 2, 3)))]
    if way < 0.2:
        return f"-({parts[0]})"
    return "(" + (" " if way < 0.6 else " OR ").join(f"({part})" for part in parts) + ")"


def filtered(depth, of_place):
    while True:
        text = drawer.filter(depth)
        if of_place or not OF_PLACE.search(text):
            return text


def combined(q, p, both, either, no):
    """Each combination of two texts by its name."""
    return {"q": q, "p": p, "and": both(q, p), "turned": both(p, q), "but": both(q, no(p)), "or": either(q, p),
            "shape": either(p, both(no(p), either(p, q)))}


def draw_typed():
    q, p = typed(rng.choice((0, 1, 2)), True), typed(rng.choice((0, 1, 2)), False)
    texts = combined(q, p, lambda a, b: f"({a}) ({b})", lambda a, b: f"({a}) OR ({b})", lambda a: f"-({a})")
    return {name: {"q": text} for name, text in texts.items()}


def draw_filter():
    q, p = filtered(rng.choice((0, 1, 2)), True), filtered(rng.choice((0, 1, 2)), False)
    texts = combined(q, p, lambda a, b: f"({a}) and ({b})", lambda a, b: f"({a}) or ({b})", lambda a: f"not ({a})")
    requests = {name: {"filter": text} for name, text in texts.items()}
    if rng.random() < 0.4:  # words can only be one more condition
        words = drawer.lucene(rng.choice((0, 1, 2)))
        requests = {name: one | {"query": words} for name, one in requests.items()}
    return requests


def ask(command, cases):
    text = "".join(json.dumps({"top": 1000} | request) + "\n" for case in cases for request in case.values())
    lines = iter(subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout.splitlines())
    return [{name: json.loads(next(lines)) for name in case} for case in cases]


def of_gateway(request):
    """The same of a gateway. What it cannot say is refused."""
    url, tenant = GATEWAY
    if "q" in request:
        uri = f"{url}/v1/search?" + urllib.parse.urlencode(request | {"limit": 1000})
    else:
        uri = f"{url}/api/{tenant}/indexes/mail/documents?" + urllib.parse.urlencode(request | {"top": 1000})
    try:
        with urllib.request.urlopen(uri, timeout=60) as answer:
            said = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return {"error": error.read().decode(errors="replace")[:300]}
    ids = [one["id"] for one in said.get("results", said.get("Results", []))]
    return {"count": said["Count"] if "Count" in said else said["count"]["value"], "ids": ids}


def ask_gateway(_, cases):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = iter(pool.map(of_gateway, [request for case in cases for request in case.values()]))
        return [{name: next(asked) for name in case} for case in cases]


def broken(answers):
    """The laws that do not hold; nothing where the query or the condition was refused."""
    if "error" in answers["q"] or "error" in answers["p"]:
        return None
    refused = [name for name, answer in answers.items() if "error" in answer]
    if refused and GATEWAY and all("too_costly" in answers[name]["error"] or "cannot" in answers[name]["error"] for name in refused):
        return None
    if refused:
        return [f"{name} is refused: {answers[name]['error']}" for name in refused]
    cut = [name for name, answer in answers.items() if answer["count"] != len(answer["ids"]) or len(set(answer["ids"])) != len(answer["ids"])]
    if cut:
        return [f"{name} has not every message once" for name in cut]
    found = {name: set(answer["ids"]) for name, answer in answers.items()}
    laws = {
        "q is what has p and what has not": found["and"] | found["but"] == found["q"],
        "no message has p and has it not": not found["and"] & found["but"],
        "another clause adds nothing": found["and"] <= found["q"] and found["and"] <= found["p"],
        "another alternative takes nothing away": found["or"] == found["q"] | found["p"],
        "the order of clauses does not matter": found["and"] == found["turned"],
        "p or (not p and (p or q)) is p or q": found["shape"] == found["or"],
    }
    return [law for law, holds in laws.items() if not holds]


people = [draw_typed() for _ in range(int(COUNT) // 2)]
clients = [draw_filter() for _ in range(int(COUNT) - len(people))]
local = [POSTERN, "--data", f"{WORK}/laws-index", "search", "--requests", "-"]
if GATEWAY:
    asked = [("gateway, as people type", ask_gateway, None, people), ("gateway, as clients ask", ask_gateway, None, clients)]
else:
    subprocess.run([POSTERN, "--data", f"{WORK}/laws-index", "index", "--quiet", DOCS], check=True)
    asked = [("local index, as people type", ask, local, people), ("local index, as clients ask", ask, local, clients),
             ("stand-in", ask, [f"{PREMIUM}/premium", "eval", "--docs", DOCS], clients)]
failed = 0
for engine, way, command, cases in asked:
    tally, shown = collections.Counter(), 0
    for case, answers in zip(cases, way(command, cases), strict=True):
        laws = broken(answers)
        tally["refused" if laws is None else "broken" if laws else "hold"] += 1
        found = 0 if laws is None else answers["q"]["count"]
        tally["with messages on both sides"] += laws == [] and 0 < answers["and"]["count"] < found
        if laws and shown < 3:
            shown += 1
            print(json.dumps(case, ensure_ascii=False)[:600], "\n  ", "; ".join(laws))
    print(f"{engine}: {dict(tally)}")
    failed += tally["broken"]
    # A judge that mostly looks at empty sets sees nothing.
    assert tally["refused"] < len(cases) // 10 and tally["with messages on both sides"] > len(cases) // 10, tally
sys.exit(failed > 0)
