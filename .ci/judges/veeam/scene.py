"""What the judges of Veeam share: the command, the places where it works, and all that it ever said."""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import random
import shutil
import subprocess
import threading
import time
import urllib.parse

from stand_in import ORGANIZATION, PASSWORD, USER


class Run:
    """One call of the command that has ended."""

    def __init__(self, code, out, err, took, peak):
        self.code, self.out, self.err, self.took, self.peak = code, out, err, took, peak

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out[-1500:]}\nstderr: {self.err[-1500:]}"


class Scene:
    def __init__(self, postern, veeam, corpus, mail, work, full):
        self.postern, self.veeam, self.corpus, self.mail, self.full = postern, veeam, corpus, mail, full
        self.work = pathlib.Path(work)
        self.said = self.work / "said"
        shutil.rmtree(self.said, ignore_errors=True)
        self.said.mkdir(parents=True)
        self.secrets = {"password of the server": PASSWORD}
        self.dice = random.Random(int(os.environ.get("SEED", "7")))
        self.number, self.arguments, self.folders = 0, set(), set()
        threading.Thread(target=self._watch, daemon=True).start()

    def size(self, sample, full):
        return full if self.full else sample

    def _watch(self):
        """The arguments of every process of ours, as anyone on this machine sees them."""
        while True:
            for entry in os.scandir("/proc"):
                if entry.name.isdigit():
                    with contextlib.suppress(OSError):
                        if os.readlink(f"/proc/{entry.name}/exe").startswith(os.path.realpath(self.postern)):
                            self.arguments.add(pathlib.Path(f"/proc/{entry.name}/cmdline").read_bytes())
            time.sleep(0.2)

    def data(self, name):
        """An empty data folder."""
        folder = self.work / "data" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folders.add(folder)
        return folder

    def config(self, name, server, data, version="auto", veeam="", tenant="", top=""):
        """A configuration file with one Veeam tenant; its password comes from the environment."""
        user = USER.replace("\\", "\\\\")
        path = self.work / f"{name}.toml"
        path.write_text(f'{top}\n[[tenants]]\nid = "contoso"\ndata = "{data}"\n{tenant}\n[tenants.veeam]\nurl = "{server.url}"\nversion = "{version}"\n'
                        f'organization = "{ORGANIZATION}"\nuser = "{user}"\n{veeam}\n')
        return path

    def environment(self, password=PASSWORD, **more):
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**keep, "HOME": str(self.work / "home"), "NO_COLOR": "1", "POSTERN_VEEAM_PASSWORD": password, **more}

    def start(self, config, *arguments, env=None):
        """The command beside us; what it says goes into files that the secrets are looked for in."""
        self.number += 1
        files = [open(self.said / f"{self.number:05}.{name}", "wb") for name in ("out", "err")]
        (self.said / f"{self.number:05}.command").write_text(" ".join(map(str, arguments)))
        command = [self.postern, *(["--config", str(config)] if config else []), *map(str, arguments)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=files[0], stderr=files[1], env=env or self.environment())
        process.files = [pathlib.Path(one.name) for one in files]
        process.began = time.monotonic()
        return process

    def wait(self, process, timeout=300):
        """Waits for its end. What takes too long is killed, and its code is None."""
        until, peak = time.monotonic() + timeout, 0
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode, peak = os.waitstatus_to_exitcode(status), usage.ru_maxrss
                break
            if time.monotonic() > until:
                process.kill()
                process.wait()
                process.returncode = None
                break
            time.sleep(0.01)
        out, err = (one.read_bytes().decode("utf-8", "replace") for one in process.files)
        return Run(process.returncode, out, err, time.monotonic() - process.began, peak)

    def run(self, config, *arguments, env=None, timeout=300, expect=None):
        done = self.wait(self.start(config, *arguments, env=env), timeout)
        if expect is not None:
            assert done.code == expect, (arguments, f"exit {expect} was expected", done)
        return done

    @contextlib.contextmanager
    def gateway(self, config, *arguments, env=None):
        """A client of the gateway while it runs. At the end it is asked to end, and must."""
        process = self.start(config, "serve", "--listen", "127.0.0.1:0", *arguments, env=env)
        try:
            until = time.monotonic() + 60
            while b"listening on" not in process.files[0].read_bytes():
                assert time.monotonic() < until and process.poll() is None, ("the gateway does not start", process.files[1].read_text()[-2000:])
                time.sleep(0.02)
            address = process.files[0].read_text().split("listening on http://")[1].split()[0]
            yield Front(address)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise AssertionError("the gateway does not end when it is asked to")


class Front:
    """Asks the gateway."""

    def __init__(self, address):
        self.address, self.line = address, http.client.HTTPConnection(address, timeout=120)

    def ask(self, method, path, body=None, headers=None, **query):
        path += "?" + urllib.parse.urlencode(query) if query else ""
        headers = {**({"Content-Type": "application/json"} if body is not None else {}), **(headers or {})}
        for attempt in range(2):
            try:
                self.line.request(method, path, body=None if body is None else json.dumps(body).encode(), headers=headers)
                answer = self.line.getresponse()
                return answer.status, answer.read()
            except (http.client.RemoteDisconnected, ConnectionError):
                # An idle connection that the gateway closed; nothing was asked on it.
                self.line.close()
                if attempt:
                    raise

    def json(self, method, path, body=None, **query):
        status, data = self.ask(method, path, body, **query)
        return status, json.loads(data or b"null")


def digest(data):
    """The id of a message by its bytes."""
    return hashlib.sha256(data).hexdigest()[:32]


def lay_out(messages, root, boxes, folders):
    """Copies messages into mailboxes and folders, evenly; the paths, in the order of the stand-in."""
    shutil.rmtree(root, ignore_errors=True)
    for number, message in enumerate(messages):
        # Endings tell the stand-in what is no mail; a name without one is always mail.
        place = pathlib.Path(root, boxes[number % len(boxes)], folders[number // len(boxes) % len(folders)])
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(message, place / f"{number:05}.eml")
    return sorted(pathlib.Path(root).rglob("*.eml"))


def check(holds, *what):
    """An assertion that says what it saw."""
    if not holds:
        raise AssertionError("; ".join(str(one) for one in what))


def tell(*words):
    print("  ", *words, flush=True)
