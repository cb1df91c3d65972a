"""Requests written by hand, since every client library tidies what it is given."""

import http.client
import json
import socket
import time
from urllib.parse import urlencode


class Answer:
    """What came back; status 0 and `why` when nothing did."""

    secrets = set()  # what no answer may hold
    leaks = []

    def __init__(self, status, headers=(), body=b"", seconds=0.0, why=""):
        self.status, self.headers, self.body, self.seconds, self.why = status, list(headers), body, seconds, why
        said = body + repr(self.headers).encode()
        Answer.leaks += [secret for secret in Answer.secrets if secret.encode() in said]

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        return ", ".join(self.all(name))

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    def code(self):
        """The code of a problem, in either shape."""
        body = self.json()
        if not isinstance(body, dict):
            return ""
        error = body.get("error")
        return body.get("code") or (error.get("code") if isinstance(error, dict) else "") or ""

    def __str__(self):
        return f"{self.status or self.why} {self.code()}".strip()


def connect(base, timeout=30):
    host, port = base.removeprefix("http://").split(":")
    sock = socket.create_connection((host, int(port)), timeout)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def head(target, method="GET", key=None, headers=(), length=None, host="127.0.0.1"):
    """The head of a request, as bytes; `target` may be anything."""
    lines = [method.encode() + b" " + (target if isinstance(target, bytes) else target.encode()) + b" HTTP/1.1"]
    named = {name.lower() for name, _ in headers}
    given = [("Host", host)] if "host" not in named else []
    if key:
        given.append(("X-API-Key", key.secret))
    if length is not None:
        given.append(("Content-Length", str(length)))
    lines += [f"{name}: {value}".encode() for name, value in [*given, *headers]]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def ask(base, target, method="GET", key=None, headers=(), body=None, timeout=30):
    """One request over a connection of its own."""
    began = time.monotonic()
    length = len(body) if body is not None and not any(name == "Transfer-Encoding" for name, _ in headers) else None
    try:
        with connect(base, timeout) as sock:
            sock.sendall(head(target, method, key, [("Connection", "close"), *headers], length, base.removeprefix("http://")) + (body or b""))
            return read(sock, method, began)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return unanswered(error, began)


def read(sock, method="GET", began=0.0):
    response = http.client.HTTPResponse(sock, method=method)
    response.begin()
    body = response.read()
    return Answer(response.status, response.getheaders(), body, time.monotonic() - began)


def unanswered(error, began):
    return Answer(0, seconds=time.monotonic() - began, why=f"no answer: {type(error).__name__}")


def get(base, path, key=None, timeout=30, headers=(), **params):
    query = "?" + urlencode(params, doseq=True) if params else ""
    return ask(base, path + query, key=key, timeout=timeout, headers=headers)


def post(base, path, value, key=None, timeout=30, headers=()):
    """A POST of JSON; `value` may be bytes as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return ask(base, path, "POST", key, [("Content-Type", "application/json"), *headers], body, timeout)
