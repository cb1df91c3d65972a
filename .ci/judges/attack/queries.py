"""Hostile queries: what each asks, and whether it must be answered or may be refused."""

import json
import random

import wire
from gateway import Cost
from scene import AWAY, INDEX, T1
from words import vocabulary

FACETS = ["sender", "senderDomain", "year", "month", "folder", "mailbox", "attachmentType", "hasAttachment"]
DROP_IN = f"/api/{T1}/indexes/{INDEX}/documents"
WORDS = vocabulary(4000)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def some(count, form="{}", between=" OR ", seed=1):
    dice = random.Random(seed)
    return between.join(form.format(dice.choice(WORDS)) for _ in range(count))


def typed(q, **more):
    return lambda base, timeout: wire.post(base, "/v1/search", {"q": q, "engine": "local", **more}, AWAY, timeout)


def filtered(text, **more):
    return typed("", filter=text, **more)


def raw(path, body):
    return lambda base, timeout: wire.post(base, path, body, AWAY, timeout)


def chunked(path, size):
    """A body that does not say how long it is."""
    headers = [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (size, b"a" * size)
    return lambda base, timeout: wire.ask(base, path, "POST", AWAY, headers, body, timeout)


def asked(path, **params):
    return lambda base, timeout: wire.get(base, path, AWAY, timeout, **params)


def matching(count, pattern, joined=" or "):
    """A filter of that many different patterns, or other Lucene texts."""
    dice = random.Random(2)
    texts = (pattern.format(dice.choice(WORDS)) for _ in range(count))
    return joined.join(f"search.ismatch('{text}','body','full','any')" for text in texts)


THOUSAND = some(1000)
DEAR = {  # what cost most in earlier runs
    "500 patterns of two stars": typed(some(500, "*{0:.3}*")),
    "a pattern of 828 bytes": typed(" ".join(f"*{a}*{b}*" for a in LETTERS for b in "aeiou")[:828]),
    "a filter of patterns, 321 KB": filtered(matching(4000, "/.*{0:.4}.*[a-y]{{2,9}}.*/")),
    "a filter of patterns, 1 MB": filtered(matching(12500, "/.*{0:.4}.*[a-y]{{2,9}}.*/")),
    "facets repeated 10,000 times": typed("*", facets=FACETS * 1250),
}
TYPED = {
    "1,000 words": typed(THOUSAND),
    "1,000 words, highlight, facets": typed(THOUSAND, highlight=True, facets=FACETS, limit=1000),
    "1,000 words joined": typed(some(1000, between=" ")),
    "1,000 words denied": typed(some(1000, "-{}", " ")),
    "500 XOR": typed(some(500, between=" XOR ")),
    "300 NEAR": typed(some(300, between=" NEAR/9 ")),
    "300 ADJ": typed(some(300, between=" ADJ/900 ")),
    "64 brackets": typed("(" * 64 + "a" + ")" * 64),
    "7,000 brackets": typed("(" * 7000 + "a" + ")" * 7000),
    "brackets and NOT": typed("NOT (" * 63 + some(400) + ")" * 63),
    "100 stars before words": typed(some(100, "*{0:.2}")),
    "stars and marks": typed(some(300, "?*?*?*{0:.1}*?")),
    "beginnings of a letter": typed(" OR ".join(f"{a}*" for a in LETTERS * 30), highlight=True),
    "patterns nested": typed("/(((a{1,40}){1,40}){1,40})/ OR /((a|b){1,200}){1,200}/"),
    "a pattern of 15 KB": typed("/" + "|".join(f"{word}.*" for word in WORDS[:1800])[:15000] + "/"),
    "100 patterns": typed(some(100, "/.*{0:.2}.*{0:.1}.*/")),
    "[a-z] 250 times": typed("/[a-z]{250}.*[a-z]{250}/ OR /[^a]{1,250}/"),
    "patterns of any characters": typed("/[\u0100-\U0010ffff]{1,200}.*[\u4e00-\u9fff]{1,200}/"),
    "500 misspelt words": typed(some(500, "{}~2")),
    "a long word misspelt": typed("a" * 9000 + "~2"),
    "short words misspelt": typed(" OR ".join(f"{a}{b}~2" for a in LETTERS for b in LETTERS)),
    "addresses in pieces": typed(some(200, "from:*{0:.2}*")),
    "file names in pieces": typed(some(200, "filename:*{0:.2}*")),
    "attachments in pieces": typed(some(200, "contents:*{0:.2}*")),
    "a phrase of 1,000": typed('"' + some(1000, between=" ") + '"'),
    "the common word 1,000 times, near": typed('"' + "the " * 1000 + '"~9'),
    "distance of a million": typed(f'"{WORDS[0]} {WORDS[1]}"~1000000'),
    "1,000 ranges of dates": typed(" OR ".join(f"received:2001-01-01..2024-0{n % 9 + 1}-01" for n in range(400))),
    "500 sorts": typed("a " + "sort:newest sort:largest sort:relevance " * 150),
    "lists of addresses": typed("from:" + ",".join(f"u{n}@d{n}.example" for n in range(700))),
    "100 domains": typed(" OR ".join(f"from:@d{n}.example OR to:*.d{n}.example" for n in range(100))),
    "everything, 1,000, highlight": typed("*", limit=1000, highlight=True, facets=FACETS),
    "a cursor made up": typed("a", cursor="QUJD" * 2000),
    "a query over its length": typed("a " * 20000),
    "NUL and marks": typed("\0\x01\u202e\ufeff\u0000 OR \ud7ff" * 100),
}
FILTERS = {
    "search.in of 60,000": filtered("search.in(fromAddress,'" + ",".join(f"a{n}@b.c" for n in range(60000)) + "')"),
    "20,000 equalities": filtered(" or ".join(f"fromAddress eq 'a{n}@b.c'" for n in range(20000))),
    "filters nested 127 deep": filtered("not (" * 127 + "hasAttachments eq true" + ")" * 127),
    "50,000 brackets": filtered("(" * 50000 + "hasAttachments eq true" + ")" * 50000),
    "2,000 any": filtered(" and ".join(f"toRecipients/any(r: r/address ne 'a{n}@b.c')" for n in range(2000))),
    "filter of 300 misspelt": filtered(matching(300, "{}~2")),
    "filter of stars": filtered(matching(600, "*{0:.2}*")),
    "one text of 100 KB": filtered("search.ismatch('" + some(9000, between=" ")[:99000] + "')"),
    "a text of patterns in 300 KB": filtered("search.ismatch('" + some(20000, "/.*{}.*/", " ")[:300000] + "','body','full','any')"),
}
DROP_INS = {
    "drop-in: 500 words": asked(DROP_IN, query=some(500), top=1000),
    "drop-in: stars": asked(DROP_IN, query=some(400, "*{0:.3}*"), top=1000),
    "drop-in: patterns": asked(DROP_IN, query=some(200, "/.*{}.*[a-y]+/")),
    "drop-in: misspelt": asked(DROP_IN, query=some(500, "{}~2")),
    "drop-in: groups": asked(DROP_IN, query="(" * 3000 + "a" + ")" * 3000),
    "drop-in: distance": asked(DROP_IN, query=" OR ".join(f'"{a} {b}"~99999' for a, b in zip(WORDS[:150], WORDS[1:]))),
    "drop-in: orders": asked(DROP_IN, query=WORDS[0], **{"$orderby": ",".join(["receivedDateTime desc", "subject asc"] * 150)}),
    "drop-in: a filter of patterns": asked(DROP_IN, filter=matching(90, "/.*{0:.4}.*[a-y]{{2,9}}/"), top=1000),
    "drop-in: last page": asked(DROP_IN, query="*", top=1000, skip=100000),
    "drop-in: 30 KB": asked(DROP_IN, query="a " * 15000),
}
FACES = {
    "facets in the address": asked("/v1/search", q="*", facets=",".join(FACETS * 80), engine="local"),
    "translate 1,000 words": raw("/v1/translate", {"q": THOUSAND}),
    "translate a filter of 900 KB": raw("/v1/translate", {"q": matching(11000, "/.*{0:.4}.*/"), "from": "odata"}),
    "translate patterns of Lucene": raw("/v1/translate", {"q": some(5000, "/.*{}.*/", " "), "from": "lucene"}),
    "translate XOR": raw("/v1/translate", {"q": some(500, between=" XOR ")}),
    "complete after 8 KB": asked("/v1/complete", q=some(380) + " from:", limit=1000),
    "complete a star": asked("/v1/complete", q="subject:*", limit=1000),
    "export patterns": raw("/v1/export", {"q": some(400, "*{0:.2}*"), "format": "jsonl"}),
    "export 1,000 words": raw("/v1/export", {"q": THOUSAND, "format": "csv"}),
    "JSON 500,000 deep": raw("/v1/search", b'{"q":' + b"[" * 500000),
    "JSON of 1 MB": raw("/v1/search", json.dumps({"q": "a", "facets": ["sender"] * 100000}).encode()[: 1 << 20]),
    "a body of 2 MB": raw("/v1/search", b'{"q":"' + b"a" * (2 << 20) + b'"}'),
    "2 MB in chunks": chunked("/v1/search", 2 << 20),
    "2 MB in chunks to jobs": chunked(f"/api/{T1}/jobs", 2 << 20),
    "an address of 30 KB": asked("/v1/search", q="a" * 30000),
}
LEFT = {
    name: part[name]
    for part, name in [
        (TYPED, "1,000 words, highlight, facets"),
        (TYPED, "500 misspelt words"),
        (FACES, "export patterns"),
        (DROP_INS, "drop-in: patterns"),
    ]
}
ALL = {**TYPED, **FILTERS, **DROP_INS, **FACES, **DEAR}
# What query-language.md allows, and so is answered at every size of the index.
ANSWERED = {
    "1,000 words",
    "1,000 words, highlight, facets",
    "1,000 words joined",
    "64 brackets",
    "100 domains",
    "everything, 1,000, highlight",
    "drop-in: 500 words",
    "export 1,000 words",
    "drop-in: last page",
}
EXPECTED = {"a body of 2 MB": 413, "2 MB in chunks": 413, "2 MB in chunks to jobs": 413, "an address of 30 KB": 414}
REFUSALS = (400, 413, 414, 431, 503)


def judge(tally, name, cost, bounds):
    answer = cost.answer
    refused = answer.status in REFUSALS and answer.code() and name not in ANSWERED
    fits = answer.status == EXPECTED[name] if name in EXPECTED else answer.status == 200 or refused
    tally.check(fits, f"{name}: {answer} after {answer.seconds:.1f} s")
    # What an export writes is all that is found: its cost grows with that, once.
    is_export = name.startswith("export") and answer.status == 200
    most = bounds.query_cpu + (bounds.bulk * bounds.message_cpu if is_export else 0)
    tally.most("CPU s of an export" if is_export else "CPU s", cost.cpu, name)
    tally.most("MB", cost.memory, name)
    if answer.status == 200 and not is_export:
        tally.most("CPU s of an answer", cost.cpu, name)
    if cost.cpu > most or cost.memory > bounds.query_memory or cost.settled is None:
        still = "" if cost.settled is not None else ", and goes on"
        tally.fault(f"{name}: {cost.cpu:.1f} s of CPU, {cost.memory:.0f} MB ({answer}){still}")


def ask_all(tally, opened, bounds, queries, judged):
    """Asks each query of a gateway; one that does not come to rest is replaced, so that each is judged by itself."""
    waiting = list(queries.items())
    while waiting:
        with opened() as gateway:
            idle = gateway.rate(1.5)
            while waiting:
                name, query = waiting.pop(0)
                cost = Cost(gateway, idle, bounds.patience, lambda: query(gateway.base, bounds.timeout))
                judged(tally, name, cost, bounds)
                if cost.settled is None:
                    break


def judge_left(tally, name, cost, bounds):
    """The client has gone: so must its work."""
    tally.most("s until idle", cost.settled or 99.0, name)
    rests = cost.settled is not None and cost.settled <= bounds.rest and cost.cpu <= bounds.query_cpu
    tally.check(rests, f"{name}: its client has gone, {cost.cpu:.1f} s of CPU go on for {cost.settled or 99.0:.1f} s")


def run(tally, opened, bounds):
    tally.begin("hostile queries")
    ask_all(tally, opened, bounds, ALL, judge)
    tally.end()
    tally.begin("clients that hang up")
    # The time runs out while the gateway works: the connection is closed then.
    left = {name: lambda base, _, query=query: query(base, 0.15) for name, query in {**DEAR, **LEFT}.items()}
    ask_all(tally, opened, bounds, left, judge_left)
