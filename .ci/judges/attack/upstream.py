"""A hostile DataTap that writes down what it sees: upstream.py RECORD ELSEWHERE

Every request becomes a line of JSON in RECORD, with the raw request line and headers. A key `up.TENANT.STATUS.NAME`
opens the tenant that begins with TENANT and ends each request with STATUS. Every answer carries headers
that must not reach a client; a last segment `as-html`, `as-svg` or `as-redirect` (to ELSEWHERE) chooses its kind. It prints its address.
"""

import http.server
import json
import sys
import threading

HOSTILE = [
    ("Set-Cookie", "session=stolen; Path=/"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Expose-Headers", "*"),
    ("Clear-Site-Data", '"*"'),
    ("Postern-Served-By", "forged"),
    ("Postern-Coverage", "forged"),
    ("Postern-Reason", "forged"),
    ("Postern-Query-Id", "forged"),
    ("Content-Security-Policy", "script-src 'unsafe-inline' *"),
]
KINDS = {
    "as-html": ("text/html", b"<script>alert(document.domain)</script>"),
    "as-svg": ("image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
}
FOUND = 7  # what every search here finds


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm, wbufsize = "HTTP/1.1", True, 1 << 16
    record, lock, elsewhere = None, threading.Lock(), ""

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self):
        body = self.body()
        seen = {"line": self.raw_requestline.decode("latin-1").strip(), "headers": self.headers.items(), "body": len(body)}
        with self.lock:
            self.record.write(json.dumps(seen) + "\n")
            self.record.flush()
        status = self.headers.get("X-API-Key", "up.?.401.").split(".")[2:3]
        self.say(int(status[0]) if status and status[0].isdigit() else 401)

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def say(self, status):
        last = self.path.split("?")[0].rsplit("/", 1)[-1]
        kind, body = KINDS.get(last, ("application/json", self.json(last)))
        if status != 200:
            kind, body = "application/json", b'{"error":{"code":"chosen","message":"by the key"}}'
        self.send_response(302 if last == "as-redirect" else status)
        if last == "as-redirect":
            self.send_header("Location", self.elsewhere + self.path)
        if status == 429:
            self.send_header("Retry-After", "30")
        for name, value in [*HOSTILE, ("Content-Type", kind), ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def json(self, last):
        if last == "documents":
            hit = {"score": 1.0, "id": "0" * 32, "subject": "from upstream", "fromAddress": "a.user@contoso.com"}
            return json.dumps({"Results": [hit], "Count": FOUND}).encode()
        if last == "fields":
            names = ["id", "subject", "body", "fromAddress", "receivedDateTime", "hasAttachments"]
            traits = {"type": "Edm.String", "searchable": True, "filterable": True, "sortable": True, "retrievable": True}
            return json.dumps([{"name": name, **traits} for name in names]).encode()
        return b'{"Items":[],"Options":{}}'

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256

    def handle_error(self, *_):
        """A gateway that hangs up is nothing to tell."""


if __name__ == "__main__":
    Upstream.record = open(sys.argv[1], "w")
    Upstream.elsewhere = sys.argv[2] if len(sys.argv) > 2 else ""
    server = Server(("127.0.0.1", 0), Upstream)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
