"""Collected drives before `postern sync`: the same state after faults and kills as after a quiet run.

    drives.py POSTERN PREMIUM_FOLDER WORK

Made-up files of three owners are put into folders, which the stand-in serves as collected drives. What must be found is
known from the folders, not from Postern: owner, path, name and size of every file, and nothing else. DRIVES says how many
files there are, 2,000 where it is not set.
"""

import collections
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse

import requests

POSTERN, PREMIUM, WORK = sys.argv[1:]
FILES = int(os.environ.get("DRIVES", "2000"))
# A first run stores and indexes what it lists, at half the rate of a bare walk at least; a debug build is several times slower.
PART = 1 / 2 if "/release/" in POSTERN else 1 / 5
KILLS = int(os.environ.get("KILLS", "30"))
TENANT, KEY = "11111111-1111-4111-8111-111111111111", "test-key"
OWNERS = ["ann@contoso.com", "bob@contoso.com", "zoë.o'hara@contoso.com"]
NAMES = ["Documents", "2024", "Ärzte", "a+b & c", "x%20y", "Q3 (old)", "..hidden", "quote'd"]
FAULTS = ["status:429:0", "status:429:1", "status:500", "status:503", "truncate", "garbage", "html", "reset", "slow:50"]
dice = random.Random(int(os.environ.get("SEED", "7")))


def make(root):
    """Files in folders, some of them deep, some folders empty."""
    shutil.rmtree(root, ignore_errors=True)
    for number in range(FILES):
        folder = root.joinpath(dice.choice(OWNERS), *(dice.choice(NAMES) for _ in range(dice.randint(0, 3))))
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{dice.choice(['plan', 'Übersicht', 'report final', 'a_b'])} {number}{dice.choice(['.pdf', '.PDF', '.docx', '.txt', ''])}"
        folder.joinpath(name).write_bytes(b"x" * dice.randint(0, 40))
    for owner in OWNERS:
        root.joinpath(owner, "Empty").mkdir(parents=True, exist_ok=True)


def held(root):
    """Owner, path and size of every file, as the disk has them."""
    found = set()
    for path in root.rglob("*"):
        if path.is_file():
            owner, *rest = path.relative_to(root).parts
            found.add((owner, "/".join(rest), path.stat().st_size))
    return found


class Upstream:
    def __init__(self, root):
        docs = pathlib.Path(WORK, "no-mail.jsonl")
        docs.write_text("")
        serve = [f"{PREMIUM}/premium", "serve", "--docs", str(docs), "--drive-root", str(root), "--key", KEY, "--tenant", TENANT, "--port", "0"]
        self.process = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = "http://127.0.0.1:" + "".join(c for c in self.process.stdout.readline().split(":")[-1] if c.isdigit())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def get(self, path, **params):
        answer = requests.get(f"{self.url}/api/{TENANT}{path}", params=params, headers={"X-API-Key": KEY}, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def control(self, **what):
        requests.post(f"{self.url}/_control", json=what, timeout=10)


def command(data, upstream, *more):
    return [POSTERN, "--data", str(data), "--quiet", "sync", "--premium", upstream.url, "--tenant", TENANT, "--key", KEY, "--jobs", "8", "--format", "json", *more]


def sync(data, upstream, *more):
    run = subprocess.run(command(data, upstream, *more), capture_output=True, text=True)
    return run.returncode, json.loads(run.stdout) if run.stdout else None, run.stderr


def timed(data, upstream):
    """Seconds that a first run takes. Other work of the machine makes it longer, so that the better of two counts."""
    shutil.rmtree(data, ignore_errors=True)
    began = time.monotonic()
    code, summary, said = sync(data, upstream)
    took = time.monotonic() - began
    assert code == 0 and summary["filesHere"] == FILES and summary["drives"] == len(OWNERS), (summary, said)
    return took


def state(data):
    """Every file that can be found: id, owner, path, size and dates."""
    search = [POSTERN, "--data", str(data), "search", "--format", "jsonl", "--limit", "1000000", "kind:file"]
    lines = subprocess.run(search, capture_output=True, text=True, check=True).stdout.split("\n")
    return [json.loads(line) for line in lines if line]


def told(hit):
    return hit["owner"], "/".join(part for part in (hit.get("path"), hit["name"]) if part), hit["size"]


def check(data, root, what):
    hits, expected = state(data), held(root)
    found = [told(hit) for hit in hits]
    assert len(found) == len(set(found)) and set(found) == expected, (what, len(found), len(expected), list(set(found) ^ expected)[:4])
    checked = subprocess.run([POSTERN, "--data", str(data), "check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    return sorted((hit["id"], *told(hit), hit["modifiedDateTime"]) for hit in hits)


def bare(upstream):
    """Files a second when one client walks as the vendor's recipe does, one request at a time."""
    locations = {one["Type"]: one["Id"] for one in upstream.get("/locations")}
    client = requests.Session()
    client.headers["X-API-Key"] = KEY
    began, count, requested = time.monotonic(), 0, 0
    for source in upstream.get(f"/discovery/{locations['ONEDRIVE']}/users", PageSize=100)["Sources"]:
        base = f"{upstream.url}/api/{TENANT}/discovery/{locations['BLOB']}/source/{urllib.parse.quote(source['Email'])}/items"
        todo = ["-"]
        while todo:
            node = todo.pop()
            for types in ("OneDriveFile", "OneDriveFolder"):
                marker = None
                while True:
                    params = {"types": types, "PageSize": 100} | ({"Marker": marker} if marker else {})
                    page = client.get(f"{base}/{node}", params=params, timeout=60).json()
                    requested += 1
                    if types == "OneDriveFile":
                        count += len(page["Items"])
                    else:
                        todo += [one["ItemId"] for one in page["Items"]]
                    marker = page["Options"].get("Marker")
                    if not marker:
                        break
    return count, count / (time.monotonic() - began), requested


def disturb(upstream, until):
    while not until.is_set():
        upstream.control(discovery=dice.choice(FAULTS), times=dice.randint(1, 4))
        until.wait(dice.uniform(0.05, 0.4))
    upstream.control(discovery="ok")


def disturbed(upstream, data):
    until, ended = threading.Event(), collections.Counter()
    thread = threading.Thread(target=disturb, args=(upstream, until))
    thread.start()
    for _ in range(KILLS):
        run = subprocess.Popen(command(data, upstream, "--answer-time", "2s"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            ended[run.wait(dice.uniform(0.05, 1.2))] += 1
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            ended["killed"] += 1
    for last in range(30):
        code, summary, said = sync(data, upstream, "--answer-time", "2s")
        if code == 0:
            break
    until.set()
    thread.join()
    assert code == 0, (code, summary, said)
    return dict(ended), last + 1


def change(root):
    """Files change, move, come and go, and so do folders."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    dice.shuffle(files)
    for path in files[:20]:
        path.write_bytes(b"y" * 99)
    for path in files[20:40]:
        path.unlink()
    for number, path in enumerate(files[40:50]):
        target = root.joinpath(OWNERS[0], "Moved", str(number % 3))
        target.mkdir(parents=True, exist_ok=True)
        path.rename(target / path.name)
    shutil.rmtree(root / OWNERS[1] / NAMES[0], ignore_errors=True)
    root.joinpath(OWNERS[2], "new.pdf").write_bytes(b"new")


def sees_its_own(data, upstream):
    """A key of one owner sees nothing of another's, in any face, online and offline."""
    key, owner = "a-key-of-ann-alone-0123456789", OWNERS[0]
    config = pathlib.Path(WORK, "keys.toml")
    config.write_text(f"""data = "{data}"
[premium]
url = "http://127.0.0.1:9"
[[keys]]
name = "ann"
sha256 = "{hashlib.sha256(key.encode()).hexdigest()}"
tenant = "{TENANT}"
upstream_key = "{KEY}"
mailboxes = ["{owner}"]
""")
    serve = [POSTERN, "--config", str(config), "--quiet", "serve", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        base = process.stdout.readline().strip().removeprefix("listening on ")
        headers = {"X-API-Key": key}
        found, cursor = [], None
        while True:
            body = {"q": "kind:file", "limit": 100} | ({"cursor": cursor} if cursor else {})
            answer = requests.post(f"{base}/v1/search", json=body, headers=headers, timeout=30)
            assert answer.status_code == 200, answer.text
            found += answer.json()["results"]
            cursor = answer.json().get("nextCursor")
            if not cursor:
                break
        hits = state(data)
        mine = {hit["id"] for hit in hits if hit["owner"] == owner}
        assert {hit["id"] for hit in found} == mine, (len(found), len(mine))
        blob = next(one["Id"] for one in upstream.get("/locations") if one["Type"] == "BLOB")
        of = lambda who: f"{base}/api/{TENANT}/discovery/{blob}/source/{urllib.parse.quote(who)}/items/-?types=OneDriveFile"
        browsed = [requests.get(of(who), headers=headers, timeout=30) for who in OWNERS]
        assert browsed[0].status_code == 200 and browsed[0].json()["Items"], browsed[0].text
        for answer in browsed[1:]:
            assert answer.status_code in (404, 502) and "Items" not in answer.json(), answer.text
        for hit in dice.sample([hit for hit in hits if hit["owner"] != owner], 20):
            for rest in ("", "/content", "/original"):
                for kind in ("items", "messages"):
                    answer = requests.get(f"{base}/v1/{kind}/{hit['id']}{rest}", headers=headers, timeout=30)
                    assert answer.status_code == 404 and hit["name"] not in answer.text, (kind, rest, answer.text)
        return len(mine)
    finally:
        process.kill()
        process.wait()


pathlib.Path(WORK).mkdir(parents=True, exist_ok=True)
root, quiet, rough = (pathlib.Path(WORK, name) for name in ("drives", "drives-quiet", "drives-rough"))
for data in (quiet, rough):
    shutil.rmtree(data, ignore_errors=True)
make(root)
with Upstream(root) as upstream:
    count, rate, requested = bare(upstream)
    assert count == FILES, count
    took = min(timed(data, upstream) for data in [quiet.with_name("drives-timed"), quiet])
    wanted = check(quiet, root, "a quiet run")
    assert FILES / took >= rate * PART, (FILES / took, rate)
    print(f"{FILES} files of {len(OWNERS)} owners: {FILES / took:.0f} a second, a bare walk {rate:.0f}")
    code, summary, said = sync(quiet, upstream)
    assert code == 0 and summary["requests"] <= requested + 10, (summary["requests"], requested)
    print(f"again, with nothing new: {summary['requests']} requests, a bare walk {requested}")
    ended, last = disturbed(upstream, rough)
    assert check(rough, root, "a disturbed run") == wanted
    print(f"disturbed: {ended} runs and {last} to the end, the same state")
    print(f"a key of one owner finds its {sees_its_own(quiet, upstream)} files and nothing of another's")
change(root)
with Upstream(root) as upstream:
    for data in (quiet, rough):
        code, summary, said = sync(data, upstream)
        assert code == 0, said
    assert check(quiet, root, "after changes") == check(rough, root, "after changes, disturbed before")
    print("what changed, moved, came and went is so after one run")
