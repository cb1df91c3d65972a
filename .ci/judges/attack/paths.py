"""Hostile paths and headers over every handler below `/api`; the judge is what upstream saw."""

import itertools
import json
import random
import re
from urllib.parse import unquote_to_bytes

import wire
from scene import ATTACKER, INDEX, T1, T2

SEPARATORS = ["/", "\\", "%5c", "%5C", "%2f", "%2F", "%252f", "%255c", "%c0%af", "%c1%9c", "%ef%bc%8f", "%e2%88%95", "/\\", "//", "/;/"]
UPS = [
    "..",
    "%2e%2e",
    ".%2e",
    "%2E.",
    "%252e%252e",
    "..;",
    "..;a=b",
    "..%3b",
    "..%3Bx",
    "%2e%2e;",
    "..%00",
    "..%09",
    "..%0a",
    "..%0d%0a",
    "..%20",
    "%c0%ae%c0%ae",
    "%e0%80%ae%e0%80%ae",
    "%ef%bc%8e%ef%bc%8e",
    "..%23",
    "..%3f",
    "...",
    ".",
    "%2e",
    ".;x",
]
TARGETS = [f"{T2}/jobs", "admin/keys", f"api/{T2}/indexes/{INDEX}/documents", "authentication/generateApiKey"]
ITEMS = f"/api/{T1}/discovery/loc/source/a.user/items"
HANDLERS = [
    ("GET", f"/api/{T1}/indexes/@/documents"),
    ("GET", f"/api/{T1}/indexes/@/fields"),
    ("GET", f"/api/{T1}/indexes/{INDEX}/@"),
    ("GET", f"/api/{T1}/@"),
    ("GET", f"/api/{T1}/discovery/@/users"),
    ("GET", f"/api/{T1}/discovery/loc/source/@/items/-"),
    ("GET", f"{ITEMS}/@"),
    ("GET", f"{ITEMS}/@/download"),
    ("GET", f"/api/{T1}/discovery/@/source/a/items/b/download"),
    ("POST", f"/api/{T1}/@"),
    ("POST", f"/api/{T1}/jobs/@"),
    ("DELETE", f"/api/{T1}/jobs/@/start"),
    ("PUT", f"/api/{T1}/locations/@"),
    ("PATCH", f"/api/{T1}/x/@/y"),
]
# Forms of a target that are not a tail of a handler.
ODD = [
    f"/api/{T1}/../{T2}/jobs",
    f"/api/{T1}/./jobs/../../{T2}/jobs",
    f"//api/{T1}//../{T2}/jobs",
    f"/api//{T2}/jobs",
    f"/api/{T1}//{T2}",
    f"/API/{T1}/../{T2}/jobs",
    f"/Api/{T2}/jobs",
    f"/api/{T2}/jobs",
    f"/api/{T1}%2f..%2f{T2}/jobs",
    f"/api/{T1}\\..\\{T2}/jobs",
    f"/api/{T1};/../{T2}/jobs",
    f"/api/{T1};{T2}/jobs",
    f"/api/{T1}%00/jobs",
    f"/api/{T1}%20/jobs",
    f"/api/{T1}./jobs",
    f"/api/{T1}#/../../{T2}/jobs",
    f"/api/{T1}/jobs#@evil",
    f"/api/{T1}?/../{T2}/jobs",
    f"/api/%31{T1[1:]}/jobs/%2e%2e/%2e%2e/{T2}",
    f"http://elsewhere.example/api/{T1}/jobs",
    f"http://elsewhere.example/api/{T2}/jobs",
    f"http://elsewhere.example/api/{T1}/../{T2}/jobs",
    f"http://user@elsewhere.example/api/{T1}/jobs",
    f"https://127.0.0.1/api/{T2}/jobs",
    "http://elsewhere.example",
    "*",
    "",
    "@elsewhere.example",
    f"/api/{T1}/@elsewhere.example/jobs",
    f"/api/{T1}//elsewhere.example/jobs",
    f"/api/{T1}/http://elsewhere.example/jobs",
    f"/api/{T1}/jobs\t",
    f"/api/{T1}/jobs HTTP/1.1\r\nX-Original-URL: /api/{T2}/jobs",
    f"/api/{T1}/jobs%0d%0aX-API-Key:%20x",
    f"/api/{T1}/jobs%20HTTP/1.1%0d%0aHost:%20evil",
    f"/api/{T1}/" + "../" * 200 + f"{T2}/jobs",
    f"/api/{T1}/" + "%2e%2e/" * 200,
    "/api/",
    "/api",
    "/api/..",
    "/api/../api/" + T2 + "/jobs",
    "/api/%2e%2e/admin",
    f"/v1/../api/{T2}/jobs",
    f"/v1/..;/api/{T2}/jobs",
]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "FOO", "get", "M-SEARCH", "LOCK"]
SMUGGLED = [
    ("Cookie", "a=b"),
    ("Authorization", "Basic YTpi"),
    ("Proxy-Authorization", "Basic YTpi"),
    ("X-Original-URL", f"/api/{T2}/jobs"),
    ("X-Rewrite-URL", f"/api/{T2}/jobs"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-HTTP-Method", "DELETE"),
    ("X-Method-Override", "DELETE"),
    ("Forwarded", "for=1.2.3.4"),
    ("X-Forwarded-For", "1.2.3.4"),
    ("X-Forwarded-Host", "evil"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Prefix", "/admin"),
    ("X-Forwarded-Path", "/admin"),
    ("X-Original-Host", "evil"),
    ("X-Host", "evil"),
    ("Keep-Alive", "timeout=9"),
    ("TE", "trailers"),
    ("Upgrade", "h2c"),
    ("Proxy-Connection", "keep-alive"),
    ("Connection", "close, X-API-Key, X-Hop"),
    ("X-Hop", "1"),
    ("Postern-Query-Id", "forged"),
]
NOT_SENT = {name.lower() for name, _ in SMUGGLED} - {"connection", "postern-query-id"}
NOT_ANSWERED = [
    "set-cookie",
    "clear-site-data",
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-expose-headers",
]


def spellings(dice, count):
    """(method, target) of every handler with every way up that was drawn."""
    ways = list(itertools.product(HANDLERS, SEPARATORS, UPS, TARGETS))
    dice.shuffle(ways)
    tails = []
    for (method, handler), between, up, target in ways[:count]:
        depth = dice.choice([1, 2, 2, 3, 6])
        tail = between.join(["x"] + [up] * depth + [target.replace("/", between)])
        tails.append((method, handler.replace("@", tail)))
    odd = [(method, target) for target in ODD for method in ("GET", "POST")]
    methods = [(method, f"/api/{T1}/{tail}") for method in METHODS for tail in ("jobs", f"x\\..\\..\\{T2}\\jobs", f"x/..;/..;/{T2}/jobs")]
    return odd + methods + tails


def must_be_refused(target):
    """The rule: a decoded segment holds `\\` or a control character, or a piece of it is a dot or two."""
    path = re.split("[?# ]", target)[0]
    if not path.startswith(f"/api/{T1}/"):
        return False
    return any(is_hostile(unquote_to_bytes(segment)) for segment in path.split("/"))


def is_hostile(segment):
    pieces = [piece.split(b";")[0] for piece in segment.split(b"/")]
    return b"\\" in segment or any(byte < 32 or byte == 127 for byte in segment) or any(piece in (b".", b"..") for piece in pieces)


def resolved(target):
    """Where a lenient server would say that a target leads: decoded once, `\\` as `/`, parameters cut, dots followed."""
    path = unquote_to_bytes(target.split("?")[0]).replace(b"\\", b"/")
    out = []
    for piece in re.split(rb"/+", path):
        piece = piece.split(b";")[0].strip(b"\t\r\n\0 ")
        if piece == b"..":
            out = out[:-1]
        elif piece not in (b"", b"."):
            out.append(piece)
    return b"/" + b"/".join(out)


def judge_seen(tally, seen, sent, of):
    """What upstream saw of one request."""
    method, _, rest = seen["line"].partition(" ")
    target = rest.rpartition(" ")[0]
    keys = [value for name, value in seen["headers"] if name.lower() == "x-api-key"]
    if len(keys) != 1 or keys[0] != of.upstream:
        return tally.fault(f"{sent}: upstream saw keys {keys}")
    where = f"/api/{of.tenant}"
    if not all(f"{path}/".startswith(f"{where}/") for path in (resolved(target).decode("latin-1"), target.split("?")[0])):
        tally.fault(f"{sent}: upstream saw {method} {target}, which leaves {where}")
    extra = sorted(NOT_SENT & {name.lower() for name, _ in seen["headers"]})
    if extra:
        tally.fault(f"{sent}: upstream saw the headers {extra}")
    if any("evil" in value or "elsewhere" in value for name, value in seen["headers"] if name.lower() == "host"):
        tally.fault(f"{sent}: upstream saw a foreign Host")


def judge_answer(tally, answer, sent):
    """What of upstream's answer came to the client."""
    kept = [name for name in NOT_ANSWERED if answer.all(name)]
    if kept:
        tally.fault(f"{sent}: the answer has upstream's {kept}")
    forged = [name for name, value in answer.headers if name.lower().startswith("postern-") and "forged" in value]
    twice = [name for name, _ in answer.headers if name.lower().startswith("postern-") and len(answer.all(name)) > 1]
    if forged or twice:
        tally.fault(f"{sent}: forged {forged}, twice {sorted(set(twice))}")
    if re.search("html|svg|xml", answer.header("content-type")):
        policy = answer.header("content-security-policy")
        if answer.header("x-content-type-options") != "nosniff" or "sandbox" not in policy or "unsafe-inline" in policy:
            tally.fault(f"{sent}: {answer.header('content-type')} of upstream may run here: {policy!r}")


class Record:
    """The lines that upstream wrote since they were last read."""

    def __init__(self, file):
        self.file = open(file)
        # Upstream writes while this reads: a line counts once its end is there.
        self.begun = ""

    def new(self):
        *whole, self.begun = (self.begun + self.file.read()).split("\n")
        return [json.loads(line) for line in whole]


def of_attacker(seen):
    """Not those of the probes and the honest client, which ask beside it."""
    path = seen["line"].split(" ")[1] if " " in seen["line"] else ""
    honest = any(value.startswith("up.2.") for name, value in seen["headers"] if name.lower() == "x-api-key")
    return not (honest and path.startswith(f"/api/{T2}/indexes/{INDEX}/"))


def hostile_paths(tally, gateway, record, count):
    dice = random.Random(15)
    record.new()
    for number, (method, target) in enumerate(spellings(dice, count)):
        headers = SMUGGLED if number % 3 == 0 else []
        body = b"{}" if method in ("POST", "PUT", "PATCH") else None
        answer = wire.ask(gateway.base, target, method, ATTACKER, headers, body, timeout=10)
        sent = f"{method} {target[:150]!r}"
        # `TRACE` and the like may be refused earlier and otherwise, yet never done.
        if must_be_refused(target):
            tally.check(
                answer.status == 400 if method not in METHODS[6:] else not 200 <= answer.status < 300, f"{sent}: {answer} instead of 400"
            )
        else:
            tally.check(answer.status < 500 or answer.status in (501, 502, 505), f"{sent}: {answer}")
        if "/api/" in target:
            judge_answer(tally, answer, sent)
        for seen in filter(of_attacker, record.new()):
            judge_seen(tally, seen, sent, ATTACKER)


def honest_paths(tally, gateway, record):
    """What must pass: as it was sent, with what upstream says of it, and no redirect followed."""
    record.new()
    for target in [
        f"{ITEMS}/folder%2FSent%20Items",
        f"{ITEMS}/a%2Fb%2Fc%3D%3D/download?format=eml",
        f"/api/{T1}/x%2Fy/jobs?a=%2e%2e%2f&b=..",
        f"/api/{T1}/jobs/a%25b",
        f"/api/{T1}/locations?q=%5c",
        f"{ITEMS}/a..b",
        f"{ITEMS}/...x",
        f"{ITEMS}/%E4%BC%9A%E8%AD%B0",
    ]:
        answer = wire.ask(gateway.base, target, key=ATTACKER, headers=SMUGGLED)
        lines = [seen["line"].split(" ")[1] for seen in record.new() if of_attacker(seen) and "/fields" not in seen["line"]]
        tally.check(answer.status == 200 and lines == [target], f"GET {target!r}: {answer}, upstream saw {lines}")
    for kind in ("as-html", "as-svg", "as-redirect"):
        for target in (f"/api/{T1}/page/{kind}", f"/api/{T1}/discovery/loc/source/s/items/{kind}", f"/api/{T1}/indexes/{INDEX}/{kind}"):
            answer = wire.ask(gateway.base, target, key=ATTACKER)
            tally.check(answer.status, f"GET {target}: {answer}")
            judge_answer(tally, answer, f"GET {target}")


def desynchronised(tally, gateway, record):
    """Two lengths, and bodies that look like a second request: upstream must never see that one."""
    inner = f"GET /api/{T2}/smuggled HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    lengths = [("Content-Length", str(len(inner) + 5)), ("Transfer-Encoding", "chunked")]
    forms = [
        lengths,
        lengths[::-1],
        [("Content-Length", "3"), ("Content-Length", str(len(inner)))],
        [("Transfer-Encoding", " chunked"), ("Transfer-Encoding", "identity")],
        [("Transfer-Encoding", "xchunked"), ("Content-Length", str(len(inner)))],
        [("Content-Length", "+3")],
        [("Content-Length", "0x10")],
    ]
    for headers in forms:
        try:
            with wire.connect(gateway.base, 3) as sock:
                sock.sendall(wire.head(f"/api/{T1}/jobs", "POST", ATTACKER, headers) + b"0\r\n\r\n" + inner)
                sock.settimeout(1)
                sock.recv(65536)
        except OSError:
            pass
        lines = [seen["line"] for seen in record.new() if of_attacker(seen)]
        tally.check(not any("smuggled" in line for line in lines), f"two lengths {headers}: upstream saw {lines}")


def run(tally, gateway, record, elsewhere, count):
    tally.begin("hostile paths")
    hostile_paths(tally, gateway, record, count)
    honest_paths(tally, gateway, record)
    desynchronised(tally, gateway, record)
    tally.check(not elsewhere.new(), "a redirect of upstream was followed, with the key")
