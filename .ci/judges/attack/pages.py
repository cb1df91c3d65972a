"""A gateway without keys before pages of other origins, foreign names, and clients without a content type."""

import json

import wire

OURS = "https://mail.example"
CROSS = [("Sec-Fetch-Site", "cross-site")]
EXPORT = {"q": "", "format": "jsonl"}
READING = [
    "/v1/search?q=a",
    "/v1/status",
    "/v1/complete?q=a",
    "/v1/translate?q=a",
    "/api/t/indexes/i/documents?query=a",
    "/api/t/indexes/i/fields",
    "/metrics",
]
WRITING = [("/v1/export", EXPORT), ("/v1/search", {"q": "a"}), ("/v1/translate", {"q": "a"}), ("/api/t/jobs", {})]
FOREIGN = [
    [*CROSS, ("Sec-Fetch-Mode", "cors"), ("Origin", "https://evil.example")],
    [*CROSS, ("Sec-Fetch-Mode", "no-cors")],
    [("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "no-cors")],
    [("Origin", "https://evil.example")],
    [("Origin", "null")],
    [("Origin", "http://127.0.0.1:1")],
    [*CROSS, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")],
]
NAMES = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example:80",
    "[::2]",
    "127.0.0.1@evil.example",
    "0.0.0.0",
]
EVERYWHERE = [
    "/",
    "/docs",
    "/openapi.json",
    "/assets/page.js",
    "/assets/style.css",
    "/healthz",
    "/readyz",
    "/metrics",
    "/v1/status",
    "/v1/search?q=a",
    "/v1/search?q=(",
    "/v1/nothing",
    "/nothing",
    "/api/t/indexes/i/documents",
    "/api/t/jobs",
    "/v1/messages/" + "0" * 32,
]


def foreign_pages(tally, base):
    for headers in FOREIGN:
        for path in READING:
            answer = wire.ask(base, path, headers=headers)
            tally.check(answer.status == 403, f"GET {path} with {headers}: {answer} instead of 403")
        for path, body in WRITING:
            answer = wire.post(base, path, body, headers=headers)
            tally.check(answer.status == 403, f"POST {path} with {headers}: {answer} instead of 403")
            plain = wire.ask(base, path, "POST", None, [*headers, ("Content-Type", "text/plain")], json.dumps(body).encode())
            tally.check(plain.status in (403, 415), f"POST {path} as text with {headers}: {plain}")


def welcome(tally, base):
    """What must go on working."""
    navigation = [*CROSS, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
    for headers, path in [
        (navigation, "/"),
        (navigation, "/docs"),
        ([("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors")], "/v1/search?q=a"),
        ([("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")], "/v1/status"),
        ([], "/v1/search?q=a"),
        ([], "/metrics"),
        ([("Origin", base)], "/v1/search?q=a"),
        ([*CROSS, ("Sec-Fetch-Mode", "cors"), ("Origin", OURS)], "/v1/search?q=a"),
    ]:
        answer = wire.ask(base, path, headers=headers)
        tally.check(answer.status == 200, f"GET {path} with {headers}: {answer} instead of 200")
    asked = wire.post(base, "/v1/search", {"q": "a"}, headers=[*CROSS, ("Sec-Fetch-Mode", "cors"), ("Origin", OURS)])
    tally.check(asked.status == 200 and asked.header("access-control-allow-origin") == OURS, f"the configured origin: {asked}")


def names(tally, base):
    for name in NAMES:
        for path in (*READING, "/", "/docs", "/openapi.json"):
            answer = wire.ask(base, path, headers=[("Host", name)])
            tally.check(answer.status in (400, 403, 421), f"GET {path} for {name}: {answer}")


def content_types(tally, base):
    for kind in (
        [],
        [("Content-Type", "application/x-www-form-urlencoded")],
        [("Content-Type", "text/plain")],
        [("Content-Type", "multipart/form-data; boundary=b")],
    ):
        for path, body in WRITING[:3]:
            answer = wire.ask(base, path, "POST", None, kind, json.dumps(body).encode())
            hinted = b"application/json" in answer.body and b"ontent-" in answer.body
            tally.check(answer.status == 415 and hinted, f"POST {path} as {kind}: {answer}, {answer.body[:100]!r}")


def headers_everywhere(tally, base):
    for path in EVERYWHERE:
        answer = wire.ask(base, path)
        wants = {"x-content-type-options": "nosniff", "cache-control": "no-store", "cross-origin-resource-policy": "same-origin"}
        missing = [name for name, value in wants.items() if value not in answer.header(name)]
        tally.check(not missing, f"GET {path}: {answer} without {missing}")


def run(tally, gateway):
    tally.begin("foreign pages")
    foreign_pages(tally, gateway.base)
    welcome(tally, gateway.base)
    names(tally, gateway.base)
    content_types(tally, gateway.base)
    headers_everywhere(tally, gateway.base)
