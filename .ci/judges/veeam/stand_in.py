"""The stand-in of Veeam Backup for Microsoft 365 as a process, and a bare client of it that shares nothing with Postern."""

import concurrent.futures
import http.client
import json
import subprocess
import threading
import time
import urllib.parse

USER, PASSWORD, ORGANIZATION = "CONTOSO\\postern", "pa55-of-the-server!", "contoso.onmicrosoft.com"


class Server:
    """`veeam serve` over folders of mail and documents. Started again, it keeps its port."""

    def __init__(self, veeam, mail, *flags, drive=None, password=PASSWORD):
        self.command = [f"{veeam}/veeam", "serve", "--mail", str(mail), "--user", USER, "--password", password, "--org", ORGANIZATION]
        self.command += [*(["--drive", str(drive)] if drive else []), *map(str, flags)]
        self.tls, self.port, self.process = "--tls" in flags, 0, None
        self.start()

    def start(self):
        for _ in range(50):
            self.process = subprocess.Popen([*self.command, "--port", str(self.port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            line = self.process.stdout.readline().strip()
            if line:
                self.port = int(line)
                # With --examples the published sessions are open from the start.
                self.given = {one["id"] for one in self.overview()["sessions"]}
                return self
            self.process.wait()
            time.sleep(0.1)
        raise AssertionError("the stand-in does not start: " + " ".join(self.command))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.kill()
        return self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _ask(self, method, path, body=None):
        if self.tls:
            import ssl
            line = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=ssl._create_unverified_context())
        else:
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request(method, path, body=None if body is None else json.dumps(body))
        answer = line.getresponse()
        text = answer.read()
        line.close()
        assert answer.status == 200, (path, body, text)
        return json.loads(text)

    def control(self, **words):
        return self._ask("POST", "/_control", words)

    def policy(self, **switches):
        return self.control(policy=switches)

    def overview(self):
        return self._ask("GET", "/_control")

    def explored(self):
        """The requests that opened, listed and stopped restore sessions, for those who look for one that is still open."""
        return [{name: one.get(name) for name in ("n", "method", "path", "status", "fault")} for one in self.log()
                if one.get("family", one.get("group")) == "sessions"][-80:]

    def open_sessions(self):
        return [one for one in self.overview()["sessions"] if one["state"] != "Stopped" and one["id"] not in self.given]

    def requests(self):
        """How many of each group were asked since the start."""
        return self._ask("GET", "/_control/counts")["requests"]

    def log(self, since=0):
        return self._ask("GET", f"/_control/log?since={since}")

    def mark(self):
        """The number of the last request and of the last action."""
        return max((one["n"] for one in self.log()), default=0), max((one["n"] for one in self.actions()), default=0)

    def actions(self, since=0):
        return self._ask("GET", f"/_control/actions?since={since}")

    def retrievals(self):
        return self._ask("GET", "/_control/retrievals")

    def done(self, since=0):
        """What was done but for saving items, which changes nothing."""
        return [one for one in self.actions(since) if one["verb"] != "save"]


class Direct:
    """A client that does nothing but ask. One connection for each thread."""

    def __init__(self, server, version="v8", password=PASSWORD):
        self.server, self.version, self.lines = server, version, threading.local()
        self.old = version in ("v2", "v4", "v5")
        form = urllib.parse.urlencode({"grant_type": "password", "username": USER, "password": password, "disable_antiforgery_token": "true"})
        self.token = None
        answer = self.ask("POST", "/token", form.encode(), "application/x-www-form-urlencoded")
        self.token = json.loads(answer)["access_token"]
        self.session = None

    def line(self):
        if not hasattr(self.lines, "one"):
            self.lines.one = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
        return self.lines.one

    def ask(self, method, path, body=None, kind="application/json"):
        headers = {"Content-Type": kind} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        line = self.line()
        line.request(method, f"/{self.version}{path}", body=body, headers=headers)
        answer = line.getresponse()
        data = answer.read()
        assert answer.status < 300, (method, path, answer.status, data[:300])
        return data

    def get(self, path, **query):
        return json.loads(self.ask("GET", path + ("?" + urllib.parse.urlencode(query) if query else "")))

    def post(self, path, body=None):
        return self.ask("POST", path, json.dumps(body).encode() if body is not None else b"")

    def explore(self, kind="Vex", at="2100-01-01T00:00:00Z"):
        found = self.get("/Organizations")
        org = (found if isinstance(found, list) else found["results"])[0]["id"]
        wanted = {"dateTime": at, "type": kind}
        answer = self.post(f"/Organizations/{org}/Action", {"explore": wanted}) if self.old else self.post(f"/Organizations/{org}/explore", wanted)
        self.session = f"/RestoreSessions/{json.loads(answer)['id']}"
        return self

    def stop(self):
        # The stand-in may have closed a connection that was idle for long.
        self.line().close()
        self.post(f"{self.session}/Action", {"stop": None}) if self.old else self.post(f"{self.session}/Stop")

    def __enter__(self):
        return self.explore()

    def __exit__(self, *_):
        self.stop()

    def all(self, path, **query):
        """Every result of a list, page by page."""
        results = []
        while True:
            page = self.get(path, offset=len(results), limit=1000, **query)
            results += page["results"]
            if len(page["results"]) < 1000:
                return results

    def mailboxes(self):
        return self.all(f"{self.session}/organization/mailboxes")

    def items(self):
        """(mailbox, folder, item) of everything that the session shows."""
        found, parent = [], "folderId" if self.version in ("v4", "v5", "v6") else "parentId"
        for box in self.mailboxes():
            base = f"{self.session}/organization/mailboxes/{box['id']}"
            for folder in self.all(f"{base}/folders"):
                found += [(box, folder, item) for item in self.all(f"{base}/items", **{parent: folder["id"]})]
        return found

    def save(self, mailbox, item):
        path = f"{self.session}/organization/mailboxes/{mailbox}/items/{urllib.parse.quote(item, safe='')}"
        return self.post(f"{path}/Action", {"savetoMsg": None}) if self.old else self.post(f"{path}/save")

    def save_all(self, pairs, at_once):
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(lambda pair: self.save(*pair), pairs))

    def search(self, query, limit=25):
        path = f"{self.session}/organization/mailboxes/search?offset=0&limit={limit}"
        return json.loads(self.post(path, {"query": query}))["results"]

