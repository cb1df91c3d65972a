"""Documents of drives before `postern sync`: every version, its content, faults, kills, later backups, and whose they are.

Made-up documents of three owners and of one drive that is nobody's lie in folders, which the stand-in serves as drives.
What must be found is known from the folders: owner, path, name, size, version, the newest version, and the words of each.
"""

import collections
import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import threading
import time
import zipfile

from home import stored
from scene import check, digest, tell
from stand_in import Server

OWNERS = ["alice@contoso.com", "bob@contoso.com", "dave.o-neil@contoso.com"]
NOBODYS = "Press"
NAMES = ["Documents", "2024", "Ärzte", "a+b & c", "x%20y", "Q3 (old)"]
FAULTS = ["status:429:0", "status:429:1", "status:500", "status:503", "truncate", "garbage", "html", "reset", "slow:50"]
GROUPS = ["onedrives", "documents", "save", "sessions", "organizations"]
RESTORER = "restorer@contoso.com", "pa55-to-restore!"
FIRST, SECOND = "2024-01-31T22:00:00Z", "2024-02-29T22:00:00Z"


def word(*parts):
    """A word that no other version has."""
    return "w" + hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:12]


def docx(text):
    """The smallest document of Word that holds a text."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" '
                     'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
        out.writestr("word/document.xml", '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
                     f"{text}</w:t></w:r></w:p></w:body></w:document>")
    return packed.getvalue()


class Made:
    """Documents as they lie in the folders; `.points.json` says in which backups they are."""

    def __init__(self, root, dice, count):
        self.root, self.paths = root, {}
        shutil.rmtree(root, ignore_errors=True)
        for number in range(count):
            owner = dice.choice([*OWNERS, *OWNERS, NOBODYS])
            folder = root.joinpath(owner, *(dice.choice(NAMES) for _ in range(dice.randint(0, 3))))
            ending = dice.choice([".txt", ".TXT", ".docx", ".bin", ""])
            path = folder / f"{dice.choice(['plan', 'Übersicht', 'report final'])} {number % 40}{ending}"
            versions = dice.choice([1, 1, 1, 2, 3])
            folder.mkdir(parents=True, exist_ok=True)
            for version in range(1, versions + 1):
                self.write(path, version, versions, ending, dice)
        # The same bytes at two places, and documents that a ZIP cannot tell apart.
        for owner in (OWNERS[0], OWNERS[1]):
            root.joinpath(owner, "twin.txt").write_text("twins " + word("twin"))
        for folder, letter in (("A", "a"), ("B", "b")):
            root.joinpath(OWNERS[0], folder).mkdir(exist_ok=True)
            root.joinpath(OWNERS[0], folder, "same.txt").write_text(f"{letter} {word(letter)}")
        root.joinpath(OWNERS[2], "Empty").mkdir(parents=True, exist_ok=True)
        root.joinpath(OWNERS[2], "nothing.txt").write_bytes(b"")

    def write(self, path, version, versions, ending, dice):
        text = f"{'lorem ' * dice.randint(0, 40)}{word(path.relative_to(self.root), version)}"
        data = docx(text) if ending == ".docx" else os.urandom(8) + b"\0\xff" if ending == ".bin" else text.encode()
        place = path if version == versions else path.with_name(f"{path.name}.~{version}~")
        place.write_bytes(data)
        os.utime(place, (1_700_000_000 + version * 86_400, 1_700_000_000 + version * 86_400))

    def later(self, dice):
        """A second backup: documents that are new, gone, or have one more version."""
        spans, files = {}, sorted(path for path in self.root.rglob("*") if path.is_file() and "~" not in path.name)
        dice.shuffle(files)
        for path in files[:12]:
            spans[self.name(path)] = {"until": "2024-02-15"}
        for path in files[12:24]:
            spans[self.name(path)] = {"since": "2024-02-15"}
            if not list(path.parent.glob(f"{glob_safe(path.name)}.~*~")):
                path.with_name(f"{path.name}.~1~").write_text("before " + word(self.name(path), "before"))
        points = {"backups": [FIRST, SECOND], "paths": spans}
        self.root.joinpath(".points.json").write_text(json.dumps(points))
        return [self.name(path) for path in files[:12]], [self.name(path) for path in files[12:24]]

    def name(self, path):
        return path.relative_to(self.root).as_posix()

    def held(self, without=()):
        """Every version: owner, path, number, whether it is the newest; and its bytes."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            if not path.is_file() or ".~" in path.name or path.name.startswith(".") or self.name(path) in without:
                continue
            owner, *rest = path.relative_to(self.root).parts
            older = sorted(path.parent.glob(f"{glob_safe(path.name)}.~*~"))
            for number, one in enumerate([*older, path], 1):
                found[owner, "/".join(rest), f"{number}.0", one == path] = one.read_bytes()
        return found


def glob_safe(name):
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def sync(scene, config, *arguments, expect=0, **more):
    done = scene.run(config, "--quiet", "sync", "--source", "veeam", "--format", "json", *arguments, **more)
    if expect is not None:
        check(done.code == expect, "sync", arguments, f"exit {expect} was expected", done)
    return done


def summary(done):
    told = done.json()
    return told[0] if isinstance(told, list) else told


def hits(scene, config, query, *arguments):
    done = scene.run(config, "search", "--format", "jsonl", "--limit", "100000", *arguments, query, expect=0)
    return [json.loads(line) for line in done.out.split("\n") if line]


def path_of(hit):
    return "/".join(part for part in (hit.get("path"), hit["name"]) if part)


def state(scene, config, data, held):
    """Everything that can be found is what was held, with its bytes; what to compare two states by."""
    found = hits(scene, config, "kind:file", "--versions")
    told = {(one["owner"], path_of(one), one["version"], "newest" not in one): one for one in found}
    check(len(told) == len(found), "a version is found twice", len(found), len(told))
    check(set(told) == set(held), "other versions are found than there are", len(told), len(held), sorted(set(told) ^ set(held))[:6])
    newest = {(one["owner"], path_of(one)): one["id"] for one in found if "newest" not in one}
    by_bytes = stored(data)
    for key, hit in told.items():
        check(hit["size"] == len(held[key]), "another size", hit)
        check(hit.get("newest", hit["id"]) == newest[key[0], key[1]], "an older version names another newest one", hit)
        check(by_bytes.get(digest(held[key])) == held[key], "its bytes are not in the store", hit)
    check({one["id"] for one in hits(scene, config, "kind:file")} == set(newest.values()), "a search finds others than the newest versions")
    checked = scene.run(config, "check", expect=None)
    check(checked.code == 0, "the data folder is damaged", checked)
    return sorted((hit["id"], *key, hit["modifiedDateTime"], hit.get("newest")) for key, hit in told.items())


def content(scene, config, held):
    """The words of documents are found: those of the newest version, of others with --versions."""
    readable = [key for key in held if word_of(key) in held[key].decode("utf-8", "replace") or key[1].endswith(".docx")]
    for owner, path, version, is_newest in scene.dice.sample(readable, min(8, len(readable))):
        query = f"contents:{word(owner + '/' + path, version.split('.')[0])}"
        plain, all_ = hits(scene, config, query), hits(scene, config, query, "--versions")
        check([path_of(one) for one in all_] == [path], "the words of a document are not found", query, path, all_)
        check(bool(plain) == is_newest, "a search finds an older version, or no newest one", path, version, plain)
    return len(readable)


def word_of(key):
    return word(key[0] + "/" + key[1], key[2].split(".")[0])


def served(scene, config, held, keys):
    """Originals through the gateway; a key of one owner sees nothing of another's, and nothing of nobody's."""
    found = hits(scene, config, "kind:file", "--versions")
    with scene.gateway(config) as front:
        for owner, key in keys.items():
            bearer = {"X-API-Key": key}
            asked, cursor = [], None
            while True:
                body = {"q": "kind:file", "limit": 200, "versions": "all", **({"cursor": cursor} if cursor else {})}
                status, data = front.ask("POST", "/v1/search", body, bearer)
                check(status == 200, "a search with a key", status, data[:300])
                asked += json.loads(data)["results"]
                cursor = json.loads(data).get("nextCursor")
                if not cursor:
                    break
            mine = {one["id"] for one in found if owner in (None, one["owner"])}
            check({one["id"] for one in asked} == mine, "a key sees other documents than its own", owner, len(asked), len(mine))
            others = [one for one in found if one["id"] not in mine]
            for hit in scene.dice.sample(others, min(6, len(others))):
                for rest in ("", "/content"):
                    status, data = front.ask("GET", f"/v1/items/{hit['id']}{rest}", None, bearer)
                    check(status == 404 and hit["name"].encode() not in data, "a key opens what is another's", owner, hit, status, data[:200])
            own = [one for one in found if one["id"] in mine]
            for hit in scene.dice.sample(own, min(6, len(own))):
                status, data = front.ask("GET", f"/v1/items/{hit['id']}/content", None, bearer)
                wanted = held[hit["owner"], path_of(hit), hit["version"], "newest" not in hit]
                check(status == 200 and data == wanted, "another content", hit, status, len(data), len(wanted))


def restored(scene, server, config):
    """A restore of what a query finds puts these documents back and no others, each by itself and once."""
    query, env = f"kind:file mailbox:{OWNERS[0]} ext:docx", scene.environment(POSTERN_RESTORE_USER=RESTORER[0], POSTERN_RESTORE_PASSWORD=RESTORER[1])
    found, mark = hits(scene, config, query), server.mark()[1]
    scene.run(config, "restore", query, env=env, expect=0)
    check(not server.done(mark), "a plan that was shown did something", server.done(mark))
    for again in (False, True):
        done = scene.run(config, "restore", query, "--yes", env=env, expect=0)
        acts = server.done(mark)
        check(len(acts) == len(found) and all(one["result"] == "restored" and len(one["items"]) == 1 for one in acts), "other documents were restored", again, len(found), acts, done)
    check(len({one["items"][0] for one in acts}) == len(found), "a document was restored twice", acts)
    both = scene.run(config, "restore", f"mailbox:{OWNERS[0]}", env=env)
    check(both.code == 1 and "kind:email or kind:file" in both.err, "mail and documents are restored together", both)
    return len(found)


def disturbed(scene, server, config):
    """Runs with faults that are killed, until one comes to its end."""
    until, ended = threading.Event(), collections.Counter()

    def disturb():
        while not until.is_set():
            server.control(**{scene.dice.choice(GROUPS): scene.dice.choice(FAULTS)}, times=scene.dice.randint(1, 3))
            until.wait(scene.dice.uniform(0.05, 0.4))
        server.control(all="ok")

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for _ in range(scene.size(10, 30)):
            run = scene.start(config, "--quiet", "sync", "--jobs", "8")
            ended[str(scene.wait(run, scene.dice.uniform(0.1, scene.size(3.0, 12.0))).code)] += 1
        for last in range(20):
            if sync(scene, config, expect=None).code == 0:
                break
        else:
            raise AssertionError("no run comes to its end under faults")
    finally:
        until.set()
        thread.join()
    return dict(ended), last + 1


def configured(scene, server, name, version="auto", keys=None, data=None):
    data = data or scene.data(name)
    told = "".join(f'[[keys]]\nname = "{number}"\nsha256 = "{hashlib.sha256(key.encode()).hexdigest()}"\ntenant = "contoso"\n'
                   + (f'mailboxes = ["{owner}"]\n' if owner else "") for number, (owner, key) in enumerate((keys or {}).items()))
    config = scene.config(name, server, data, version)
    # Tables of the top level stand behind those of the tenant.
    config.write_text(config.read_text() + told)
    return config, data


def mail_of(scene):
    """One message for each owner, so that the mailboxes are known."""
    root = scene.work / "documents-mail"
    shutil.rmtree(root, ignore_errors=True)
    for owner in OWNERS:
        root.joinpath(owner, "Inbox").mkdir(parents=True)
        root.joinpath(owner, "Inbox", "1.eml").write_text(f"From: x@contoso.com\nTo: {owner}\nSubject: one\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\ntext\n")
    return root


def judge(scene):
    made, mail = Made(scene.work / "drives", scene.dice, scene.size(120, 1_200)), mail_of(scene)
    keys = {OWNERS[0]: "a-key-of-alice-alone-0123456789", OWNERS[1]: "a-key-of-bob-alone-0123456789", None: "a-key-of-everything-0123456789"}
    held = made.held()
    scene.secrets["password to restore with"] = RESTORER[1]
    with Server(scene.veeam, mail, "--page", 20, "--restore-credential", ":".join(RESTORER), drive=made.root) as server:
        config, data = configured(scene, server, "documents", keys=keys)
        mark = server.mark()[0]
        began = time.monotonic()
        told = summary(sync(scene, config))
        took = time.monotonic() - began
        check(told["drives"] == len(OWNERS) + 1 and told["files"] == told["filesHere"] == len(held), "other drives or files", told, len(held))
        quiet = state(scene, config, data, held)
        saves = [one for one in server.log(mark) if one["family"] == "save"]
        check(len(saves) < len(held) + len(OWNERS), "no documents were saved together", len(saves), len(held))
        check(not server.open_sessions(), "restore sessions are still open", server.open_sessions())
        tell(f"{len(held)} versions of {len({key[:2] for key in held})} documents in {took:.1f} s with {len(saves)} saves; {content(scene, config, held)} have words")
        mark = server.mark()[0]
        sync(scene, config)
        again = server.log(mark)
        check(len(again) <= 14, "a run with nothing new asks too much", len(again), [one["path"] for one in again])
        served(scene, config, held, keys)
        for version in ("v8", "v7", "v6"):
            searched(scene, configured(scene, server, f"searched-{version}", version, keys, data)[0], held, keys, server, version)
        not_searched(scene, configured(scene, server, "searched-v5", "v5", keys, data)[0], keys)
        tell(f"restored by a query: {restored(scene, server, config)} documents")
        tell(f"again with nothing new: {len(again)} requests; a key of one owner sees its own documents alone")
        config, data = configured(scene, server, "documents-rough")
        ended, last = disturbed(scene, server, config)
        # The last run of these may not have been let stop its session: that is left to the next one.
        sync(scene, config)
        check(state(scene, config, data, held) == quiet, "a disturbed run ends in another state")
        check(not server.open_sessions(), "restore sessions are still open", server.open_sessions())
        tell(f"disturbed: ended {ended} and {last} to the end, the same state")
    every_version(scene, made, mail, held, quiet)
    later(scene, made, mail)


def every_version(scene, made, mail, held, quiet):
    """Each version of the interface: the same items; up to v5 older versions are known without their content."""
    for version in ("v4", "v5", "v6", "v7"):
        with Server(scene.veeam, mail, "--page", 20, drive=made.root) as server:
            config, data = configured(scene, server, f"documents-{version}", version)
            sync(scene, config, "--mailbox", OWNERS[0])
            found = sorted((one["id"], one["owner"], path_of(one), one["version"], "newest" not in one) for one in hits(scene, config, "kind:file", "--versions"))
            check(found == [one[:5] for one in quiet if one[1] == OWNERS[0]], f"{version} brings other items", len(found))
            kept = set(stored(data).values())
            for owner, path, number, is_newest in [key for key in held if key[0] == OWNERS[0]]:
                wanted = is_newest or version in ("v6", "v7")
                check(not wanted or held[owner, path, number, is_newest] in kept, f"{version} brings no bytes", path, number)
    tell("v4 to v8: the same items")


def later(scene, made, mail):
    """A later backup brings what is new and notes what is gone; an older one adds and takes nothing away."""
    gone, new = made.later(scene.dice)
    held = made.held()
    with Server(scene.veeam, mail, "--last-backup", FIRST, drive=made.root) as server:
        config, data = configured(scene, server, "documents-later")
        sync(scene, config)
        before = {(one["owner"], path_of(one)) for one in hits(scene, config, "kind:file")}
        saves = len([one for one in server.log() if one["family"] == "save"])
        server.control(backup="next")
        told = summary(sync(scene, config))
        found = hits(scene, config, "kind:file", "--versions")
        keys = {(one["owner"], path_of(one), one["version"], "newest" not in one) for one in found}
        check(keys == set(held), "after a backup other versions are found", len(keys), len(held), sorted(keys ^ set(held))[:6])
        check(told["filesHere"] == len(held), "another count", told)
        more = len([one for one in server.log() if one["family"] == "save"]) - saves
        check(more <= len(new), "a later backup was saved anew", more, len(new))
        sync(scene, config, "--prune")
        left = {(one["owner"], path_of(one), one["version"], "newest" not in one) for one in hits(scene, config, "kind:file", "--versions")}
        check(left == set(made.held(without=gone)), "other versions are left without those that are gone", sorted(left ^ set(made.held(without=gone)))[:6])
        sync(scene, config, "--at", "2024-02-01T00:00:00Z")
        back = {(one["owner"], path_of(one), one["version"], "newest" not in one) for one in hits(scene, config, "kind:file", "--versions")}
        check(back == set(held), "an older backup adds something else", sorted(back ^ set(held))[:6])
        checked = scene.run(config, "check", expect=None)
        check(checked.code == 0, "the data folder is damaged", checked)
        tell(f"a later backup: {more} saves for {len(new)} new or changed documents, {len(gone)} gone; an older one adds them again")


def draw(scene, held):
    """Queries for documents over their names, endings, owners, folders, sizes and times."""
    dice, newest = scene.dice, [key for key in held if key[3]]

    def name():
        return dice.choice([key for key in newest if "." in key[1].rpartition("/")[2]])[1].rpartition("/")[2]

    def word_of_name():
        # A number may be a part of another one, and Veeam is asked for parts of words too.
        return dice.choice([one for one in re.split(r"[\W\d]+", name()) if len(one) > 2])

    def day():
        return f"2023-11-{dice.randint(14, 19)}"

    def atom():
        folder = dice.choice([key[1] for key in newest if "/" in key[1]]).rpartition("/")[0]
        return dice.choice([
            lambda: f'filename:"{name()}"', lambda: f"filename:{word_of_name()}", lambda: f"filename:{word_of_name()[:3]}*", word_of_name,
            lambda: f"ext:{name().rpartition('.')[2].lower()}", lambda: f"size{dice.choice(['<', '>', '<=', '>='])}{dice.choice([0, 20, 100, 200])}",
            lambda: f"{dice.choice(['created', 'modified', 'received'])}{dice.choice(['<', '>='])}{day()}",
            lambda: f"mailbox:{dice.choice(OWNERS)}", lambda: f'in:"{folder}"', lambda: f"to:{dice.choice(OWNERS)}", lambda: "has:attachment"])()

    made = {f"kind:file mailbox:{owner}" for owner in OWNERS}
    yield from sorted(made)
    while True:
        shape = dice.choice(["{}", "{}", "{} {}", "{} {}", "({} OR {})", "({} OR {}) {}", "-{}", "{} -{}"])
        text = "kind:file " + shape.format(*(atom() for _ in range(shape.count("{}"))))
        if text not in made:
            made.add(text)
            yield text


def asked(front, query, engine, bearer):
    """Ids and the first answer of all pages, or (None, problem)."""
    found, cursor, first = [], None, None
    while True:
        status, data = front.ask("POST", "/v1/search", {"q": query, "engine": engine, "limit": 200, **({"cursor": cursor} if cursor else {})}, bearer)
        answer = json.loads(data or b"null")
        if status != 200:
            return None, {"status": status, **(answer or {})}
        first, cursor = first or answer, answer.get("nextCursor")
        found += [one["id"] for one in answer["results"]]
        if not cursor:
            return found, first


def searched(scene, config, held, keys, server, version):
    """What engine=veeam finds in drives is what is found here: the same documents with the same ids, also where a note says that it may err."""
    wanted, tally, codes, sizes = scene.size(30, 300), collections.Counter(), collections.Counter(), []
    with scene.gateway(config) as front:
        for query in draw(scene, held):
            if tally.total() == wanted:
                break
            key = {"X-API-Key": scene.dice.choice(sorted(keys.items(), key=str))[1]}
            theirs, answer = asked(front, query, "veeam", key)
            if theirs is None:
                check(answer["status"] == 400, f"{version}: an engine that cannot say it", query, answer)
                codes[answer.get("code")] += 1
                check(codes.total() <= 2 * wanted, "too few queries can be said", dict(codes))
                continue
            ours, _ = asked(front, query, "local", key)
            said, direction = answer["query"], answer["query"]["direction"]
            check(answer["servedBy"]["engine"] == "veeam" and said["fidelity"] == "approximate" and "filesMissing" not in answer, "who answered", query, answer)
            check(len(set(theirs)) == len(theirs) and answer["count"]["exact"] is False, "a document is found twice, or counted", query, theirs)
            tally[direction] += 1
            sizes.append(len(ours))
            check(set(theirs) == set(ours), "another set", query, said.get("sent"), direction, len(ours), len(theirs), sorted(set(theirs) ^ set(ours))[:3])
    check(sum(map(bool, sizes)) >= wanted // 2, "too many searches find nothing", sizes)
    tell(f"{version}: {wanted} drawn searches of drives ({dict(tally)}, not asked {dict(codes)}) find the same {sum(sizes)} documents as here, {sum(map(bool, sizes))} of them some")
    check(not server.open_sessions(), "restore sessions are still open", server.open_sessions())


def not_searched(scene, config, keys):
    """Before v6 there is no search of drives: who asks for it is told so, and the index here answers."""
    with scene.gateway(config) as front:
        key = {"X-API-Key": keys[None]}
        found, answer = asked(front, "kind:file plan", "veeam", key)
        check(found is None and "from v6 on" in json.dumps(answer), "v5 searches drives", answer)
        found, answer = asked(front, "kind:file plan", "local", key)
        check(bool(found), "the index here finds nothing", answer)
