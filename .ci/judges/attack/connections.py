"""Connections that wait: silent ones, halves of everything, bodies byte by byte, and readers who do not read."""

import json
import select
import socket
import threading
import time

import http2
import wire
from scene import ATTACKER, AWAY, HONEST, INDEX, T1

JSON = [("Content-Type", "application/json")]
CHUNKED = [("Transfer-Encoding", "chunked")]
DOCUMENTS, JOBS = f"/api/{T1}/indexes/{INDEX}/documents", f"/api/{T1}/jobs"
HEADERS = b"GET /v1/search?q=a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "


def begun(path, length=100_000, method="POST"):
    """A request whose body never comes whole."""
    return wire.head(path, method, ATTACKER, JSON, length) + b'{"q":"'


def chunks(path):
    return wire.head(path, "POST", ATTACKER, JSON + CHUNKED) + b'5\r\n{"q":\r\n'


WAITING = {  # what each kind sends, and then byte by byte while it waits
    "silent": (b"", b""),
    "half an HTTP/2 preface": (http2.PREFACE[:10], b""),
    "a preface and no more": (http2.PREFACE, b""),
    "settings and no more": (http2.begin(), b""),
    "settings and PINGs": (http2.begin(), http2.STAYS),
    "half the headers of a stream": (http2.half_headers("/v1/status", ATTACKER), b""),
    "streams without the end of their bodies": (http2.bodies(JOBS, ATTACKER, 8), b""),
    "streams without the end, and PINGs": (http2.bodies("/v1/search", ATTACKER, 8), http2.STAYS),
    "half a request line": (b"GET /v1/sear", b""),
    "half the headers": (HEADERS, b""),
    "half a body to /v1/search": (begun("/v1/search"), b""),
    "half a body to /v1/export": (begun("/v1/export"), b""),
    "half a body to jobs": (begun(JOBS), b""),
    "half a body to documents": (begun(DOCUMENTS), b""),
    "half a body of a GET": (begun(DOCUMENTS, method="GET"), b""),
    "half the chunks to jobs": (chunks(JOBS), b""),
    "half the chunks to /v1/search": (chunks("/v1/search"), b""),
    "a request and no more": (wire.head("/v1/status", key=ATTACKER), b""),
    "headers byte by byte": (HEADERS, b"a"),
    "a body byte by byte to /v1/search": (begun("/v1/search"), b"a"),
    "a body byte by byte to jobs": (begun(JOBS), b"a"),
    "chunks byte by byte to jobs": (chunks(JOBS), b"1\r\na\r\n"),
}
# What no system keeps of an answer on its way, so that whoever gets it is still served.
WHOLE = 6_500_000
# A request is refused after the time, and its connection is idle for as long again.
TWICE = ("streams", "a request and")


class Waiting:
    """Connections of one kind, as long as the gateway keeps them."""

    def __init__(self, name, base, count, first, drip=b""):
        self.name, self.drip, self.socks, self.failed = name, drip, [], 0
        for _ in range(count):
            try:
                sock = wire.connect(base, 5)
                sock.sendall(first)
                sock.setblocking(False)
                self.socks.append(sock)
            except OSError:
                self.failed += 1
        self.began, self.count = time.monotonic(), len(self.socks)

    def patience(self, bounds):
        return bounds.time * (2 if self.name.startswith(TWICE) else 1) + bounds.slack

    def look(self):
        """Drops those that were closed, and drips into the others."""
        self.socks = [sock for sock in self.socks if not self.closed(sock)]

    def closed(self, sock):
        try:
            while sock.recv(65536):
                pass
        except BlockingIOError:
            return self.broken(sock)
        except OSError:
            pass
        sock.close()
        return True

    def broken(self, sock):
        """Whether it does not even take one more byte."""
        try:
            if self.drip:
                sock.send(self.drip)
        except BlockingIOError:
            pass
        except OSError:
            sock.close()
            return True
        return False

    def end(self):
        for sock in self.socks:
            sock.close()


def everyone(base, total):
    """All kinds, as many of each."""
    each = max(2, total // len(WAITING))
    return [Waiting(name, base, each, first, drip) for name, (first, drip) in WAITING.items()]


def flood(tally, gateway, bounds):
    """All connect; within its time each must have been closed."""
    gateway.forget_peak()
    kinds = everyone(gateway.base, bounds.connections)
    kinds.append(Waiting("silent, more than the gateway holds", gateway.base, bounds.crowd, b""))
    tally.most("MB", gateway.memory("VmHWM"), "all of the process")
    waiting = list(kinds)
    while waiting:
        time.sleep(0.5)
        for kind in waiting:
            kind.look()
        late = [kind for kind in waiting if time.monotonic() - kind.began > kind.patience(bounds)]
        for kind in late:
            if kind.socks:
                tally.fault(f"{kind.name}: {len(kind.socks)} of {kind.count} are open after {kind.patience(bounds):.0f} s")
            kind.end()
        waiting = [kind for kind in waiting if kind not in late and kind.socks]
    for kind in kinds:
        tally.tried += kind.count + kind.failed
        if kind.failed:
            tally.fault(f"{kind.name}: {kind.failed} could not connect")


def one_key_holds_half(tally, gateway, bounds):
    """Half bodies of one key, more than there are places: the watchers' key is served beside them, and its own after them."""
    held = Waiting("places", gateway.base, bounds.places * 2, begun(JOBS))
    time.sleep(bounds.time / 2)
    held.end()
    time.sleep(1)
    answer = wire.get(gateway.base, "/v1/search", AWAY, q="invoice", engine="local")
    tally.check(answer.status == 200, f"after half bodies have gone: {answer}")


def exports_of_one_key(tally, gateway):
    """Exports of one key that nobody reads: another key exports beside them."""
    body = json.dumps({"q": "", "format": "mbox"}).encode()
    socks = [unread(gateway.base, wire.head("/v1/export", "POST", AWAY, JSON, len(body)) + body) for _ in range(8)]
    time.sleep(1)
    answer = wire.post(gateway.base, "/v1/export", {"q": "invoice", "format": "jsonl"}, HONEST)
    tally.check(answer.status == 200, f"an export beside those of another key: {answer}")
    for sock in socks:
        sock.close()


def unread(base, request):
    """A connection that asks and takes next to nothing of the answer."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, port = base.removeprefix("http://").split(":")
    sock.settimeout(5)
    sock.connect((host, int(port)))
    sock.sendall(request)
    return sock


def slow_readers(tally, gateway, bounds, large):
    """Ask for large answers and read nothing, over both versions of HTTP."""
    gateway.forget_peak()
    before, export = gateway.memory(), json.dumps({"q": "", "format": "mbox"}).encode()
    wants = [wire.head(path, "GET", AWAY) for path in large] + [http2.shut(path, AWAY) for path in large]
    wants.append(wire.head("/v1/export", "POST", AWAY, JSON, len(export)) + export)
    socks = [unread(gateway.base, wants[number % len(wants)]) for number in range(bounds.readers)]
    time.sleep(2 * bounds.time + bounds.slack)
    cut = sum(was_cut(sock) for sock in socks)
    grown = gateway.memory("VmHWM") - before
    tally.tried += len(socks)
    tally.check(
        cut == len(socks), f"slow readers: {len(socks) - cut} of {len(socks)} are still served after {2 * bounds.time + bounds.slack:.0f} s"
    )
    tally.check(grown <= bounds.readers_memory, f"slow readers: {grown:.0f} MB more")
    tally.most("MB of readers", grown, f"{len(socks)} of them")
    for sock in socks:
        sock.close()


def was_cut(sock):
    """Whether the gateway has given up. What the system had taken from it by then still arrives; the whole answer does not."""
    read, last = 0, b""
    sock.setblocking(False)
    while select.select([sock], [], [], 1.0)[0]:
        try:
            part = sock.recv(1 << 20)
        except OSError:
            return True
        if not part:
            return True
        read, last = read + len(part), (last + part)[-5:]
        if read > WHOLE or last == b"0\r\n\r\n":
            return False
    return False


def ends(tally, gateway, bounds, dear):
    """SIGTERM while all of them wait and dear queries run: the process ends in its time."""
    kinds = everyone(gateway.base, bounds.connections // 4)
    threads = [threading.Thread(target=query, args=[gateway.base, 10], daemon=True) for query in dear]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    took = gateway.end(bounds.time + bounds.slack)
    tally.check(took is not None, f"SIGTERM: the process lives on after {bounds.time + bounds.slack:.0f} s")
    tally.most("s to end", took or 0.0, "after SIGTERM")
    for kind in kinds:
        kind.end()


def run(tally, opened, bounds, large, dear):
    tally.begin("connections that wait")
    with opened(bounds) as gateway:
        flood(tally, gateway, bounds)
        one_key_holds_half(tally, gateway, bounds)
        exports_of_one_key(tally, gateway)
        slow_readers(tally, gateway, bounds, large)
    with opened(bounds, watched=False) as gateway:
        ends(tally, gateway, bounds, dear)
