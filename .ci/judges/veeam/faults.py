"""What goes wrong at a server: each gives clear words and the right exit code, loses nothing, and does nothing twice."""

import collections
import contextlib
import hashlib
import http.server
import json
import pathlib
import ssl
import threading
import time

from home import Served, stored, whole
from scene import check, lay_out, tell
from stand_in import Direct, Server
from sync import no_session_open, status, sync

RESTORER = {"POSTERN_RESTORE_USER": "jsmith@westsupport.onmicrosoft.com", "POSTERN_RESTORE_PASSWORD": "paSSw0rd"}


def judge(scene):
    scene.secrets |= {"password of a restore": RESTORER["POSTERN_RESTORE_PASSWORD"], "wrong password": "not-the-pa55-word"}
    failed = []
    for part in (wrong_password, expired_token, lost_permission, session_stopped, server_restarted, too_old, certificate_changed,
                 not_retrieved, mailbox_gone, refused_half_way, answer_lost, killed_while_acting):
        began = time.monotonic()
        try:
            said = part(scene)
        except Exception as problem:
            failed.append(part.__name__)
            said = f"FAILED: {type(problem).__name__}: {str(problem)[:1500]}"
        tell(f"{part.__name__.replace('_', ' ')} ({time.monotonic() - began:.0f} s): {said}")
    check(not failed, "failed", failed)


def clear(run, *words, code=1):
    """The exit code, and words that a person understands, in standard error."""
    text = (run.err + run.out).lower()
    check(run.code in ((code,) if isinstance(code, int) else code), f"exit {code} was expected", run)
    check(any(word in text for word in words), f"one of {words} was expected", run)
    check("panick" not in text and "stacktrace" not in text, "no trace of code may be shown", run)
    return next((line.strip() for line in (run.err + "\n" + run.out).splitlines() if any(word in line.lower() for word in words)), "")


@contextlib.contextmanager
def place(scene, name, *flags, version="auto", **more):
    """A server over the samples, an empty data folder, and their configuration."""
    with Server(scene.veeam, scene.mail, *flags, **more) as server:
        data = scene.data(f"fault-{name}")
        yield server, data, scene.config(f"fault-{name}", server, data, version)


def served_by(scene, server):
    with Direct(server) as direct:
        return Served(direct, scene.mail)


def once(server, before, count):
    """No more saves were carried out than there are items, but for those whose answer was lost."""
    saved = collections.Counter(item for one in server.actions(before) if one["verb"] == "save" for item in one["items"])
    twice = [item for item, times in saved.items() if times > 1]
    check(len(twice) <= 24, f"{len(twice)} of {count} items were fetched again")


def ends_whole(scene, config, data, served, server, runs=3):
    """Running it again completes the work."""
    for _ in range(runs):
        done = sync(scene, config)
        if done.code == 0:
            break
    check(done.code == 0, "running it again does not complete the work", done)
    whole(scene, config, data, served)
    no_session_open(server)


def wrong_password(scene):
    with place(scene, "password") as (server, data, config):
        done = sync(scene, config, env=scene.environment(password="not-the-pa55-word"))
        said = clear(done, "password", "user name", "log on", "log in", "refused")
        tokens = [one for one in server.log() if one["family"] == "token"]
        check(len(tokens) <= 2, f"{len(tokens)} tries with a password that is wrong lock an account")
        ends_whole(scene, config, data, served_by(scene, server), server)
        with scene.gateway(config, env=scene.environment(password="not-the-pa55-word")) as front:
            code, answer = front.json("POST", "/v1/search", {"q": "invoice", "engine": "veeam"})
            check(code in (401, 403, 502, 503), "a search with a wrong password", code, answer)
            code, answer = front.json("POST", "/v1/search", {"q": "invoice"})
            check(code == 200 and answer["servedBy"]["engine"] == "local", "the local index answers", code, answer)
        return said


def meanwhile(scene, server, config, act, at=2, answer_time="5s"):
    """A sync that is slow enough for something to happen in its midst."""
    server.control(save="slow:400")
    base = server.requests().get("save", 0)
    run = scene.start(config, "--quiet", "sync", "--format", "json", "--jobs", "2", "--answer-time", answer_time)
    until = time.monotonic() + 60
    while server.requests().get("save", 0) - base < at and time.monotonic() < until and run.poll() is None:
        time.sleep(0.02)
    check(run.poll() is None, "the run ended before something could happen", run.files[1].read_text()[-500:])
    act()
    return scene.wait(run, 120)


def expired_token(scene):
    with place(scene, "token") as (server, data, config):
        served = served_by(scene, server)
        mark = server.mark()
        done = meanwhile(scene, server, config, lambda: server.control(expireTokens=True))
        check(done.code == 0, "a token that ends in the midst is renewed without the caller noticing", done)
        tokens = [one for one in server.log(mark[0]) if one["family"] == "token"]
        check(2 <= len(tokens) <= 3, f"{len(tokens)} tokens were asked for")
        once(server, mark[1], len(served))
        server.control(save="ok", tokenLife=2)
        ends_whole(scene, config, scene.data("fault-token"), served, server)
        whole(scene, config, data, served)
        return f"{len(tokens)} tokens"


def lost_permission(scene):
    with place(scene, "permission") as (server, data, config):
        served = served_by(scene, server)
        mark = server.mark()
        done = meanwhile(scene, server, config, lambda: server.control(save="status:403"))
        said = clear(done, "403", "permission", "not allowed", "forbidden", "may not", code=(1, 3))
        check(stored(data), "what came before is kept")
        # It is not asked again and again: refused is refused.
        refused = [one for one in server.log(mark[0]) if one["status"] == 403]
        check(len(refused) <= 2 * len(served) + 8, f"{len(refused)} requests were refused")
        server.control(all="ok")
        ends_whole(scene, config, data, served, server)
        once(server, mark[1], len(served))
        return f"{said} (exit {done.code})"


def session_stopped(scene):
    with place(scene, "session") as (server, data, config):
        served = served_by(scene, server)
        mark = server.mark()
        done = meanwhile(scene, server, config, lambda: server.control(stopSessions="all"))
        check(done.code in (0, 1, 3), "a session that an administrator stopped", done)
        said = "another was opened" if done.code == 0 else clear(done, "session", code=(1, 3))
        server.control(all="ok")
        ends_whole(scene, config, data, served, server)
        once(server, mark[1], len(served))
        return said


def server_restarted(scene):
    with place(scene, "restart") as (server, data, config):
        served = served_by(scene, server)
        done = meanwhile(scene, server, config, server.restart)
        check(done.code in (0, 1, 3), "a server that was started again", done)
        said = "it went on" if done.code == 0 else clear(done, "connect", "server", "session", "answer", code=(1, 3))
        ends_whole(scene, config, data, served, server)
        return f"{said} (exit {done.code})"


class OnlyOld(http.server.BaseHTTPRequestHandler):
    """A server of the days of v2: every other version is not there."""

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, body = (401, b"{}") if self.path.lower().startswith("/v2/") else (404, b"")
        self.server.asked.append(self.path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


def too_old(scene):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OnlyOld)
    server.asked, server.url = [], f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        config = scene.config("fault-old", server, scene.data("fault-old"))
        said = clear(sync(scene, config), "v4", "version")
        check(not any("/token" in path.lower() and not path.lower().startswith("/v2") for path in server.asked), "the password went to a server that is too old", server.asked)
        check(len(server.asked) <= 10, "too many tries", server.asked)
        return said
    finally:
        server.shutdown()
        server.server_close()


def fingerprint(pem):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pathlib.Path(pem).read_text())).hexdigest()


def certificate_changed(scene):
    pem = scene.work / "server.pem"
    with Server(scene.veeam, scene.mail, "--tls", "--cert-out", pem) as server:
        data = scene.data("fault-tls")
        bare = scene.config("fault-tls-bare", server, data)
        clear(sync(scene, bare), "certificate")
        pinned = scene.config("fault-tls", server, data, veeam=f'certificate_sha256 = "{fingerprint(pem)}"')
        sync(scene, pinned, expect=0)
        filed = scene.config("fault-tls-file", server, data, veeam=f'certificates = "{pem}"')
        sync(scene, filed, expect=0)
        old = scene.work / "old.pem"
        old.write_bytes(pem.read_bytes())
        server.restart()
        said = clear(sync(scene, pinned), "certificate")
        clear(sync(scene, scene.config("fault-tls-old", server, data, veeam=f'certificates = "{old}"')), "certificate")
        check(not server.log(), "something was sent to a server with another certificate", server.log()[:2])
        sync(scene, scene.config("fault-tls", server, data, veeam=f'certificate_sha256 = "{fingerprint(pem)}"'), expect=0)
        no_session_open(server)
        return said


def not_retrieved(scene):
    cold = "b.user@contoso.com"
    for listed in (True, False):
        with place(scene, f"cold-{listed}", "--archive", cold, version="v8") as (server, data, config):
            server.policy(archiveListed=listed)
            done = sync(scene, config)
            check(done.code in (0, 3), "a sync with a mailbox in archive storage", done)
            state = status(scene, config)
            if listed:
                text = json.dumps(state) + done.out + done.err
                check(cold in text, "the mailbox in archive storage is named", done)
                with scene.gateway(config) as front:
                    code, answer = front.json("POST", "/v1/search", {"q": "a", "engine": "local"})
                    check(code == 200 and answer["coverage"]["indexed"] != answer["coverage"]["known"] or cold in json.dumps(answer["coverage"]), "coverage is not whole", answer.get("coverage"))
                said = clear(scene.run(config, "status"), "archive", code=0)
            messages = stored(data)
            retrieve(scene, server, config, cold) if listed else server.control(archive=[])
            ends_whole(scene, config, data, served_by(scene, server), server)
            check(len(messages) < len(stored(data)), "the others were home before")
    return said


def retrieve(scene, server, config, mailbox):
    """A job is shown, then started; ready it is when job, last status and time say so."""
    shown = scene.run(config, "retrieve", mailbox, "--days", "3", "--glacier", "expedited", expect=0)
    check(mailbox in shown.out and not server.retrievals(), "shown, and not started", shown)
    scene.run(config, "retrieve", mailbox, "--days", "3", "--glacier", "expedited", "--yes", expect=0)
    check(len(server.retrievals()) == 1, "one job was started", server.retrievals())
    check("retriev" in scene.run(config, "status", expect=0).out.lower(), "status shows the job")
    server.control(retrieval={"id": "*", "to": "retrieved"})


def mailbox_gone(scene):
    root = scene.work / "gone-mail"
    files = lay_out(sorted(pathlib.Path(scene.mail).rglob("*.eml"))[:40], root, ["stays@contoso.com", "goes@contoso.com"], ["Inbox"])
    (root / ".points.json").write_text(json.dumps({"backups": ["2024-01-01T00:00:00Z", "2099-01-01T00:00:00Z"], "paths": {"goes@contoso.com": {"until": "2098-01-01"}}}))
    with Server(scene.veeam, root) as server:
        data = scene.data("fault-gone")
        config = scene.config("fault-gone", server, data)
        sync(scene, config, expect=0)
        before = set(stored(data))
        server.control(backup="next")
        done = sync(scene, config)
        check(done.code in (0, 3), "a sync after a mailbox is gone", done)
        check(set(stored(data)) == before, "what was home stays")
        check("goes@contoso.com" in scene.run(config, "status", expect=0).out, "status does not name the mailbox any more")
        named = sync(scene, config, "--mailbox", "goes@contoso.com")
        check(named.code in (0, 1, 3) and "goes@contoso.com" in named.out + named.err, "a mailbox that is gone, named", named)
        said = clear(sync(scene, config, "--mailbox", "never@contoso.com"), "never@contoso.com")
        no_session_open(server)
        return said


def acted(server, before):
    """How often each item was acted on."""
    return collections.Counter(item for one in server.done(before) if one["result"] not in ("refused",) for item in one["items"])


def synced(scene, server, config):
    sync(scene, config, expect=0)
    return server.mark()


def slow_restore(scene, server, config, act, at):
    """A restore of six items, in whose midst something happens."""
    mark = synced(scene, server, config)
    server.control(actions="slow:400")
    run = scene.start(config, "restore", 'mailbox:c.o-brien@contoso.com in:"Projects/Harbour"', "--yes", "--format", "json", env=scene.environment(**RESTORER))
    until = time.monotonic() + 60
    while len(server.done(mark[1])) < at and time.monotonic() < until and run.poll() is None:
        time.sleep(0.02)
    act()
    return mark, scene.wait(run, 60)


def refused_half_way(scene):
    """After two items the server refuses: the others are told one by one, and those done are not done again."""
    said = []
    for version in ("v4", "v8"):
        with place(scene, f"half-{version}", version=version) as (server, data, config):
            mark, done = slow_restore(scene, server, config, lambda: server.control(actions="status:403"), 2)
            counts = acted(server, mark[1])
            check(done.code in (1, 3), "a restore that was refused half-way", done)
            check(2 <= len(counts) < 7 and set(counts.values()) == {1}, "items were acted on", counts, done)
            check(done.code == 3, "partial success is exit 3", done)
            told_items(done, counts)
            server.control(actions="ok")
            no_session_open(server)
            said.append(f"{version}: {len(counts)} done, the others told, exit {done.code}")
    return "; ".join(said)


def told_items(done, counts):
    """Each item that was done is told as done."""
    text = done.out + done.err
    check(text.count("403") or "refused" in text.lower() or "not allowed" in text.lower(), "the reason stands nowhere", done)


def answer_lost(scene):
    """The server acts, and its answer does not come: not known, and not done again."""
    said = []
    for fault in ("truncate", "garbage", "reset", "status:500", "status:503"):
        with place(scene, f"lost-{fault.replace(':', '-')}") as (server, data, config):
            mark = synced(scene, server, config)
            server.control(actions=fault, times=1)
            done = scene.run(config, "restore", 'mailbox:c.o-brien@contoso.com in:"Projects/Harbour"', "--yes", env=scene.environment(**RESTORER), timeout=240)
            asked = [one for one in server.log(mark[0]) if one["family"] == "actions"]
            paths = collections.Counter(one["path"].lower() for one in asked)
            counts = acted(server, mark[1])
            check(set(counts.values()) <= {1} and max(paths.values()) == 1, f"{fault}: something was asked or done twice", counts, paths.most_common(2), done)
            check(done.code == 3, f"{fault}: exit 3 was expected", done)
            if fault in ("truncate", "reset"):
                check("not known" in (done.out + done.err).lower(), f"{fault}: what is not known is said so", done)
            record = [path for path in pathlib.Path(data).rglob("*.jsonl") if "action" in path.name]
            check(record, "what was done is recorded in the data folder", [str(p) for p in pathlib.Path(data).rglob("*") if p.is_file()][:20])
            no_session_open(server)
            said.append(f"{fault} {len(counts)} done")
    return ", ".join(said)


def killed_while_acting(scene):
    """Killed between a request and its answer: the next run does not know, says so, and leaves that item alone."""
    command = ["restore", 'mailbox:c.o-brien@contoso.com in:"Projects/Harbour"', "--yes"]
    with place(scene, "killed") as (server, data, config):
        mark = synced(scene, server, config)
        server.control(actions="hang")
        run = scene.start(config, *command, env=scene.environment(**RESTORER))
        asked = lambda: [one["path"] for one in server.log(mark[0]) if one["family"] == "actions"]
        until = time.monotonic() + 60
        while not asked() and time.monotonic() < until:
            time.sleep(0.02)
        run.kill()
        scene.wait(run)
        server.control(actions="ok")
        again = scene.run(config, *command, env=scene.environment(**RESTORER))
        paths = collections.Counter(asked())
        check(again.code == 3 and "not known" in (again.out + again.err).lower(), "what is not known is said so", again)
        check(len(paths) == 7 and set(paths.values()) == {1}, "seven items, each asked for once", paths)
        third = scene.run(config, *command, env=scene.environment(**RESTORER))
        check(collections.Counter(asked()) == paths, "a third run did something again", third)
        # What the killed process left open, the next sync stops.
        sync(scene, config, expect=0)
        no_session_open(server)
        return f"{len(acted(server, mark[1]))} of 7 done, one not known, none twice"
