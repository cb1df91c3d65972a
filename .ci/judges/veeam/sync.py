"""`postern sync` from the stand-in: whole, under faults and kills, while a backup is made, at an older point in time.

After a sync every item that the restore session shows is in the store with the bytes that were served, and in the index,
field for field as the same mail indexed from its EML files. What the form of an MSG explains is counted by kind.
"""

import collections
import json
import pathlib
import threading
import time

import readers
from home import Served, exported, normal, stored, whole
from scene import check, lay_out, tell
from stand_in import Direct, Server

BOXES = ["alice@contoso.com", "bob@contoso.com", "carol@contoso.com", "dave.o-neil@contoso.com"]
FOLDERS = ["Inbox", "Sent Items", "Projects", "Projects/Alpha & Beta", "Inbox/Été 2024"]
FAULTS = ["status:429:0", "status:429:1", "status:500", "status:503", "hang", "truncate", "garbage", "html", "redirect", "reset"]
# A later run with nothing new: requests for each mailbox, and once.
HANDFUL, ONCE = 6, 8


def sync(scene, config, *arguments, expect=None, **more):
    done = scene.run(config, "--quiet", "sync", "--format", "json", *arguments, **more)
    if expect is not None:
        check(done.code == expect, "sync", arguments, f"exit {expect} was expected", done)
    return done


def status(scene, config):
    return scene.run(config, "status", "--format", "json", expect=0).json()


def judge(scene):
    messages = sorted(pathlib.Path(scene.corpus, "spamassassin").rglob("[0-9]*.*"))
    messages = messages if scene.full else scene.dice.sample(messages, 300)
    root = scene.work / "veeam-mail"
    lay_out(messages, root, BOXES, FOLDERS)
    reference = indexed_from_files(scene, root)
    with Server(scene.veeam, root) as server:
        undisturbed(scene, server, root, reference)
        disturbed(scene, server, root, reference)
    points_in_time(scene, messages[:scene.size(120, 1000)])
    every_version(scene)


def indexed_from_files(scene, root):
    """What the index of the files themselves says of each, by path."""
    data = scene.data("from-files")
    scene.run(None, "--data", data, "index", "--quiet", root)
    config = scene.work / "from-files.toml"
    config.write_text(f'data = "{data}"\n')
    return exported(scene, config)


def no_session_open(server):
    open_now = server.open_sessions()
    check(not open_now, f"{len(open_now)} restore sessions are still open", open_now, server.explored())


def undisturbed(scene, server, root, reference):
    """A whole run: what came, how fast, with how much memory; and one with nothing new."""
    with Direct(server) as direct:
        began = time.monotonic()
        served = Served(direct, root)
        pairs = [(box["id"], item["id"]) for box, _, item in served.items]
        began = time.monotonic()
        direct.save_all(pairs, 4)
        kept = len(pairs) / (time.monotonic() - began)
    # Started again the stand-in has kept no MSG, so that both have to wait for the same work.
    with Direct(server.restart()) as direct:
        began = time.monotonic()
        direct.save_all(pairs, 4)
        bare = len(pairs) / (time.monotonic() - began)
    rates = {}
    for name, fresh in (("made anew", True), ("kept by the server", False)):
        server.restart() if fresh else None
        data, opened = scene.data(f"sync-{'anew' if fresh else 'kept'}"), len(server.overview()["sessions"])
        config = scene.config("sync", server, data)
        done = sync(scene, config, "--jobs", "4", expect=0, timeout=scene.size(240, 3600))
        rates[name] = len(served) / done.took
        check(done.json().get("failures", 0) == 0, "failures", done)
        no_session_open(server)
        kinds = [one["type"] for one in server.overview()["sessions"]][opened:]
        check(sorted(kinds) == ["Veod", "Vex"], "one restore session for mail and one for drives serve a run", kinds)
    tell(f"{len(served)} messages: {rates['made anew']:.0f} a second, bare fetching {bare:.0f} ({rates['made anew'] / bare:.2f}); with messages "
         f"that the server keeps {rates['kept by the server']:.0f}, bare {kept:.0f} ({rates['kept by the server'] / kept:.2f}); at most {done.peak // 1024} MiB")
    found = whole(scene, config, data, served)
    readers.same(found, served, reference, root)
    all_covered(scene, config, served)
    nothing_new(scene, server, config, served)
    return rates["made anew"] / bare


def all_covered(scene, config, served):
    state = status(scene, config)
    check(state["indexed"] == state["known"] == len(served.places) or state["known"] == len(served), "coverage is not whole", {k: state.get(k) for k in ("indexed", "known", "asOf")})
    for mailbox in state["sync"]["mailboxes"]:
        check(mailbox["here"] == mailbox["known"] and not mailbox["failed"] and not mailbox["error"], mailbox)


def nothing_new(scene, server, config, served):
    """Neither other bytes of the same items nor another form of MSG make anything new."""
    mailboxes = {box["id"] for box, _, _ in served.items}
    for switches in ({}, {"stamp": True}, {"msgStyle": "exchange", "stamp": True}):
        server.policy(**switches)
        before = server.requests()
        done = sync(scene, config, expect=0)
        asked = collections.Counter(server.requests()) - collections.Counter(before)
        check(not asked["save"], f"with {switches} a later run saved again", dict(asked), done.out[-500:])
        check(asked.total() <= HANDFUL * len(mailboxes) + ONCE, f"with nothing new {asked.total()} requests for {len(mailboxes)} mailboxes", dict(asked))
    tell(f"again, with nothing new: {asked.total()} requests for {len(mailboxes)} mailboxes, none for a message: {dict(asked)}")
    server.policy(msgStyle="smtp", stamp=False)
    no_session_open(server)


def disturb(scene, server, until):
    while not until.is_set():
        group = scene.dice.choice(["save", "save", "items", "folders", "mailboxes", "sessions", "organizations"])
        server.control(**{group: scene.dice.choice(FAULTS), "times": scene.dice.randint(1, 4)})
        until.wait(scene.dice.uniform(0.1, 0.6))
    server.control(all="ok")


def disturbed(scene, server, root, reference):
    """Faults all the time, and the process killed at random moments, with other bytes at each save."""
    # Sessions of other programs, opened by the same user, are not ours to stop.
    theirs = [Direct(server).explore(kind) for kind in ("Vex", "Veod")]
    # What they open within two seconds before one of ours cannot be told from it by kind, user and time.
    time.sleep(3)
    server.policy(stamp=True)
    with Direct(server) as direct:
        served = Served(direct, root)
    data, until, ended = scene.data("sync-disturbed"), threading.Event(), collections.Counter()
    config = scene.config("disturbed", server, data)
    before = server.requests()["save"]
    thread = threading.Thread(target=disturb, args=(scene, server, until))
    thread.start()
    try:
        for _ in range(scene.size(6, 30)):
            run = scene.start(config, "--quiet", "sync", "--answer-time", "2s")
            done = scene.wait(run, scene.dice.uniform(0.3, 4.0))
            ended["killed" if done.code is None else done.code] += 1
        # A run under faults may take long; it is killed like the others then.
        for _ in range(scene.size(2, 30)):
            done = sync(scene, config, "--answer-time", "2s", timeout=scene.size(40, 1800))
            ended["killed" if done.code is None else done.code] += 1
            if done.code == 0:
                break
    finally:
        until.set()
        thread.join()
    check(set(ended) <= {"killed", 0, 1, 3}, "exit codes", dict(ended))
    sync(scene, config, expect=0)
    found = whole(scene, config, data, served)
    readers.same(found, served, reference, root, quiet=True)
    all_covered(scene, config, served)
    check(len(server.open_sessions()) >= len(theirs), "sessions of other programs were stopped", server.open_sessions())
    for one in theirs:
        one.stop()
    no_session_open(server)
    server.policy(stamp=False)
    tell(f"disturbed: {dict(ended)}, then the same state; {server.requests()['save'] - before} requests for {len(served)} messages; no session is open")


def history(root, files):
    """Three backups. Some files come with the second, some are gone from it; the same with the third, which is yet to be made."""
    first, second, third = "2024-01-31T22:00:00Z", "2024-02-29T22:00:00Z", "2099-01-01T00:00:00Z"
    paths, of = {}, collections.defaultdict(set)
    for number, path in enumerate(files):
        name = path.relative_to(root).as_posix()
        kind = ["always", "always", "always", "since second", "until second", "since third", "until third"][number % 7]
        span = {"since second": {"since": second}, "until second": {"until": second}, "since third": {"since": third}, "until third": {"until": third}}.get(kind)
        if span:
            paths[name] = span
        of[kind].add(path)
    (root / ".points.json").write_text(json.dumps({"backups": [first, second, third], "paths": paths}))
    return {1: set(files) - of["since second"] - of["since third"], 2: set(files) - of["until second"] - of["since third"],
            3: set(files) - of["until second"] - of["until third"]}


def msgs(scene, server, root, files, at):
    with Direct(server) as direct:
        direct.stop()
        direct.explore(at=at)
        return Served(direct, root, files)


def points_in_time(scene, messages):
    root = scene.work / "veeam-points"
    at = history(root, lay_out(messages, root, BOXES[:3], FOLDERS))
    with Server(scene.veeam, root) as server:
        data = scene.data("points")
        config = scene.config("points", server, data)
        second = msgs(scene, server, root, at[2], "2024-03-01T00:00:00Z")
        oldest = msgs(scene, server, root, at[1], "2024-02-01T00:00:00Z")
        done = backup_meanwhile(scene, server, config)
        third = msgs(scene, server, root, at[3], "2100-01-01T00:00:00Z")
        home = {normal(msg) for msg in stored(data).values()}
        new = set(third.paths) - set(second.paths)
        noticed = new <= home
        more = sync(scene, config, expect=0)
        home = {normal(msg) for msg in stored(data).values()}
        check(home >= set(third.paths), f"{len(set(third.paths) - home)} messages of the new backup are not at home")
        check(noticed or "2099" in done.out + done.err, "the run did not notice the backup that was made meanwhile", done)
        tell(f"a backup made meanwhile: {'the same run brought its items' if noticed else 'the run named it, the next brought its items'}")
        gone_are_recorded(scene, config, second, third, [done.json(), more.json()])
        older_only_adds(scene, config, data, oldest)
        no_session_open(server)


def backup_meanwhile(scene, server, config):
    """A first run, slowed down; in its middle the third backup is made."""
    server.control(save="slow:300")
    base = server.requests().get("save", 0)
    run = scene.start(config, "--quiet", "sync", "--format", "json", "--jobs", "2")
    until = time.monotonic() + 60
    while server.requests().get("save", 0) - base < 3 and time.monotonic() < until and run.poll() is None:
        time.sleep(0.05)
    check(run.poll() is None, "the run ended before a backup could be made")
    server.control(backup="next")
    done = scene.wait(run, 240)
    server.control(save="ok")
    check(done.code == 0, "a run during which a backup is made", done)
    return done


def gone_are_recorded(scene, config, second, third, summaries):
    """What was at home and is not in the new backup is recorded as gone, and stays findable."""
    gone = [places for key, places in second.places.items() if key not in third.places]
    noted = max(one.get("gone", 0) for one in summaries)
    at_home = len(gone)
    state = status(scene, config)
    tell(f"gone from the new backup: {at_home}; a run counted {noted}; status: {json.dumps([m.get('gone') for m in state['sync']['mailboxes']])}")
    check(noted > 0 or not at_home, "no run recorded what is gone", summaries)


def gone_at(scene, config):
    return {one["name"]: one.get("gone") for one in status(scene, config)["sync"]["mailboxes"]}


def older_only_adds(scene, config, data, oldest):
    before, documents, gone = {normal(msg) for msg in stored(data).values()}, exported(scene, config), gone_at(scene, config)
    done = sync(scene, config, "--at", "2024-02-01T00:00:00Z", expect=0)
    after, later = {normal(msg) for msg in stored(data).values()}, exported(scene, config)
    check(after == before | set(oldest.paths), f"an older point brought {len(after - before)}, {len(set(oldest.paths) - before)} were expected; {len(before - after)} went away")
    check(set(documents) <= set(later), f"{len(set(documents) - set(later))} messages went away")
    check(gone_at(scene, config) == gone, "an older point recorded deletions, or took some back", gone, gone_at(scene, config))
    again = sync(scene, config, expect=0)
    check({normal(msg) for msg in stored(data).values()} == after and set(exported(scene, config)) == set(later), "the run after that took something away", again.out)
    tell(f"an older point in time added {len(after - before)} messages and took none away")


def every_version(scene):
    """The samples under each version: the same messages."""
    seen = {}
    with Server(scene.veeam, scene.mail, "--page", 7) as server:
        for version in ("v4", "v5", "v6", "v7", "v8"):
            data = scene.data(f"samples-{version}")
            config = scene.config(f"samples-{version}", server, data, version)
            mark = server.mark()[0]
            sync(scene, config, expect=0)
            used = {one["version"] for one in server.log(mark) if one["version"]}
            check(used == {int(version[1:])}, "other versions were asked", used)
            seen[version] = {normal(msg) for msg in stored(data).values()}
            no_session_open(server)
    check(len({frozenset(one) for one in seen.values()}) == 1 and seen["v8"], "versions bring other messages", {name: len(one) for name, one in seen.items()})
    tell(f"v4 to v8: the same {len(seen['v8'])} messages of the samples")
