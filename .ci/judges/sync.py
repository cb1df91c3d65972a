"""`postern sync` against the stand-in: a whole run, faults and kills at random, the vendor's recipes.

    sync.py POSTERN PREMIUM_FOLDER CORPUS RECIPES MAIL WORK [KILLS]

CORPUS holds packs of real mail, unpacked; MAIL the samples that the recipes are about. After a sync every message of
every mailbox must be in the store, byte for byte, and in the index; coverage must be whole; the answers of the local
index must be those of the stand-in. The same must hold after a sync that was disturbed on every endpoint and killed
again and again.
"""

import collections
import concurrent.futures
import contextlib
import gzip
import hashlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import time

import requests

POSTERN, PREMIUM, CORPUS, RECIPES, MAIL, WORK, *REST = sys.argv[1:]
KILLS = int(REST[0]) if REST else 50
TENANT, KEY, PACKS = "11111111-1111-4111-8111-111111111111", "test-key", os.environ.get("PACKS", "spamassassin cypherpunks-1994").split()
FAULTS = ["status:429:0", "status:429:1", "status:500", "status:503", "hang", "truncate", "garbage", "html", "redirect", "reset"]
SCHEMA = json.loads(pathlib.Path(PREMIUM, "fields.json").read_text())
FIELDS = [field["name"] for field in SCHEMA]
SEARCHABLE = [field["name"] for field in SCHEMA if any(one.get("searchable") for one in [field, *field.get("fields", [])])]
dice = random.Random(int(os.environ.get("SEED", "7")))


def documents(root, places, name):
    """The documents of the stand-in. Messages without a date it never lists, so nobody can sync them."""
    made = subprocess.run([sys.executable, f"{PREMIUM}/eml2docs.py", root, *places], capture_output=True, text=True, check=True).stdout
    lines = {json.loads(line)["id"]: line for line in made.split("\n") if line and json.loads(line)["receivedDateTime"]}
    path = pathlib.Path(WORK, name)
    path.write_text("".join(line + "\n" for line in lines.values()))
    return path, {ident: json.loads(line)["source"] for ident, line in lines.items()}


class Upstream:
    def __init__(self, docs, root):
        command = [f"{PREMIUM}/premium", "serve", "--docs", str(docs), "--eml-root", root, "--key", KEY, "--tenant", TENANT, "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = "http://127.0.0.1:" + "".join(c for c in self.process.stdout.readline().split(":")[-1] if c.isdigit())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()

    def control(self, **what):
        return requests.post(f"{self.url}/_control", json=what, timeout=10).json()

    def asked(self):
        counters = requests.get(f"{self.url}/_control", timeout=10).json()["counters"]
        return sum(count for name, count in counters.items() if not name.startswith("_"))

    def get(self, path, **params):
        answer = requests.get(f"{self.url}/api/{TENANT}{path}", params=params, headers={"X-API-Key": KEY}, timeout=60)
        answer.raise_for_status()
        return answer


def command(data, upstream, *arguments):
    return [POSTERN, "--data", data, "--quiet", "sync", "--premium", upstream.url, "--tenant", TENANT, "--key", KEY,
            "--jobs", "8", "--format", "json", *arguments]


def sync(data, upstream, *arguments):
    run = subprocess.run(command(data, upstream, *arguments), capture_output=True, text=True)
    return run.returncode, json.loads(run.stdout) if run.stdout else None, run.stderr


def check(data, root, sources):
    """Every message is in the store, byte for byte, and in the index, and nothing else is in either."""
    files = {path.name.split(".")[0]: path for path in pathlib.Path(data, "sync", "messages").glob("*/*")}
    assert set(files) == set(sources), (len(files), len(sources), list(set(files) ^ set(sources))[:3])
    for ident, source in sources.items():
        with gzip.open(files[ident]) as packed:
            assert hashlib.sha256(packed.read()).hexdigest()[:32] == ident, source
    status = json.loads(subprocess.run([POSTERN, "--data", data, "status", "--format", "json"], capture_output=True, text=True, check=True).stdout)
    assert status["indexed"] == status["known"] == len(sources) and status["asOf"], status
    for mailbox in status["sync"]["mailboxes"]:
        assert mailbox["here"] == mailbox["known"] and not mailbox["failed"] and not mailbox["error"], mailbox
    found = subprocess.run([POSTERN, "--data", data, "search", "--format", "ids", "--limit", "1000000", "*"], capture_output=True, text=True, check=True)
    ids = found.stdout.split()
    assert sorted(ids) == sorted(sources), "the index holds each message once"
    return status


def read(docs):
    # Texts may hold what Python takes for ends of lines.
    return [json.loads(line) for line in docs.read_text().split("\n") if line]


def write(path, documents):
    path.write_text("".join(json.dumps(one) + "\n" for one in documents))
    return path


def draw(docs, count):
    """Requests drawn from these documents, each for the largest page there is."""
    drawn = subprocess.run([sys.executable, f"{PREMIUM}/make_cases.py", str(docs), "--seed", "7", "--count", str(count)], capture_output=True, text=True, check=True).stdout
    return [{"top": 1000} | json.loads(case) for case in drawn.split("\n") if case]


def theirs(cases, docs):
    """What the stand-in answers; two of it share the work."""
    half = len(cases) // 2
    with concurrent.futures.ThreadPoolExecutor() as both:
        one, other = both.map(lambda some: answers(some, f"{PREMIUM}/premium", "eval", "--docs", str(docs)), [cases[:half], cases[half:]])
    return one + other


def ours(cases, data):
    return answers(cases, POSTERN, "--data", data, "search", "--requests", "-")


def answers(cases, *asked):
    run = subprocess.run(asked, input="".join(json.dumps(case) + "\n" for case in cases), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.split("\n") if line]


def agree(one, other):
    """The same counts, and the same ids where a page holds them all; or both refuse."""
    if "error" in one or "error" in other:
        return "error" in one and "error" in other
    whole = one["count"] == len(one["ids"])
    return one["count"] == other["count"] and (not whole or sorted(one["ids"]) == sorted(other["ids"]))


def kind(answer):
    return "refused by both" if "error" in answer else "same"


def same_answers(docs, data, count):
    """Drawn requests have the answers of the stand-in."""
    cases, tally = draw(docs, count), collections.Counter()
    for case, their, our in zip(cases, theirs(cases, docs), ours(cases, data), strict=True):
        assert agree(their, our), (case, str(their)[:300], str(our)[:300])
        tally[kind(their)] += 1
    return dict(tally)


def same_answers_but_for_readers(docs, data, count):
    """Drawn requests have the answers of the stand-in, whose documents Python's reader made.

    Where they differ, the stand-in must answer as the local index does over the documents of our reader, and all of the
    difference must be messages that were read differently, each in a field that the request names.
    """
    sample = write(docs.with_name("drawn-from.jsonl"), read(docs)[::10])
    read_here = export(data, docs.with_name("read-here.jsonl"))
    cases = draw(sample, count)
    over_theirs, local = theirs(cases, docs), ours(cases, data)
    tally = collections.Counter(kind(their) for their, our in zip(over_theirs, local) if agree(their, our))
    differing = [(case, their, our) for case, their, our in zip(cases, over_theirs, local, strict=True) if not agree(their, our)]
    cases = [case for case, *_ in differing]
    for (case, _, our), their in zip(differing, theirs(cases, read_here), strict=True):
        assert agree(their, our), ("over the same documents", case, str(their)[:300], str(our)[:300])
    by_python, by_us = ({one["id"]: one for one in read(path)} for path in (docs, read_here))
    apart = [ident for ident, one in by_python.items() if any(one.get(name) != by_us[ident].get(name) for name in FIELDS)]
    only_apart = [found_among(cases, [by[ident] for ident in apart]) for by in (by_python, by_us)]
    fields = collections.Counter()
    for (case, their, our), their_part, our_part in zip(differing, *only_apart, strict=True):
        # What both read alike is found by both or by neither.
        assert their["count"] - our["count"] == len(their_part) - len(our_part), ("of what was read alike", case)
        for ident in their_part ^ our_part:
            differing_fields = [name for name in named(case) if by_python[ident].get(name) != by_us[ident].get(name)]
            assert differing_fields, ("nothing explains it", case, ident)
            fields.update(differing_fields)
        tally["explained by readers"] += 1
    return dict(tally), dict(fields)


def found_among(cases, documents):
    """For each request the ids of all that it finds among these documents: a page at most at a time."""
    found = [set() for _ in cases]
    for start in range(0, len(documents), 1000):
        part = write(pathlib.Path(WORK, "apart.jsonl"), documents[start:start + 1000])
        for ids, answer in zip(found, theirs([case | {"top": 1000, "skip": 0} for case in cases], part), strict=True):
            ids.update(answer["ids"])
    return found


def named(case):
    """The fields of documents that a request looks at."""
    text = case.get("filter", "")
    # The fields of `search.ismatch` stand in its second text; without it these are all that can be searched.
    if "search.ismatch" not in text:
        text = re.sub("'(?:[^']|'')*'", "", text)
    elif re.search(r"search\.ismatch(?:scoring)?\('(?:[^']|'')*'\)", text):
        text += " ".join(SEARCHABLE)
    fields = [name for name in FIELDS if re.search(rf"\b{name}\b", text + " " + case.get("query", ""))]
    return fields + ["subject", "body"] if "query" in case else fields


def export(data, path):
    """The documents as our reader made them."""
    with gateway(data) as base:
        answer = requests.post(f"{base}/v1/export", json={"q": "", "format": "jsonl"}, timeout=120)
    answer.raise_for_status()
    path.write_bytes(answer.content)
    return path


@contextlib.contextmanager
def gateway(data, *arguments):
    """The address of a gateway, for as long as it is asked."""
    serve = [POSTERN, "--data", data, "--quiet", "serve", "--listen", "127.0.0.1:0", *arguments]
    process = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process.stdout.readline().strip().removeprefix("listening on ")
    finally:
        process.kill()


def bare_rate(upstream, count):
    """Messages a second when the same addresses, so many of each mailbox and spread over it, are fetched and nothing else is done."""
    blob = next(one["Id"] for one in upstream.get("/locations").json() if one["Type"] == "BLOB")
    exchange = next(one["Id"] for one in upstream.get("/locations").json() if one["Type"] == "EXCHANGE")
    urls = []
    for source in upstream.get(f"/discovery/{exchange}/users", **{"filter.type": "USERS_AND_SHAREDMAILBOXES"}).json()["Sources"]:
        marker, base, of_mailbox = "", f"/discovery/{blob}/source/{source['Email']}/items", []
        while marker is not None:
            page = upstream.get(f"{base}/-", types="MessageItem", fromDate="1900-01-01T00:00:00Z", toDate="2100-01-01T00:00:00Z", Marker=marker).json()
            of_mailbox += [f"{upstream.url}/api/{TENANT}{base}/{one['ItemId']}/download?dataType=email&fragmentId={one['FragmentId']}&format=eml" for one in page["Items"]]
            marker = page["Options"]["Marker"]
        # The stand-in finds the oldest messages much faster than the others.
        urls += dice.sample(of_mailbox, min(count, len(of_mailbox)))
    config = pathlib.Path(WORK, "urls.txt")
    config.write_text("".join(f'url = "{url}"\noutput = /dev/null\n' for url in urls))
    began = time.monotonic()
    subprocess.run(["curl", "--silent", "--fail", "--parallel", "--parallel-max", "8", "-H", f"X-API-Key: {KEY}", "--config", str(config)], check=True, capture_output=True)
    return len(urls) / (time.monotonic() - began)


def disturb(upstream, until):
    while not until.is_set():
        fault, group = dice.choice(FAULTS), dice.choice(["discovery", "download", "download"])
        upstream.control(**{group: fault, "times": dice.randint(1, 4)})
        until.wait(dice.uniform(0.1, 0.6))
    upstream.control(discovery="ok", download="ok")


def disturbed(upstream, data):
    """Faults all the time, and the process killed at random moments; the runs that ended by themselves."""
    until, ended = threading.Event(), collections.Counter()
    thread = threading.Thread(target=disturb, args=(upstream, until))
    thread.start()
    for _ in range(KILLS):
        run = subprocess.Popen(command(data, upstream, "--answer-time", "2s"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            ended[run.wait(dice.uniform(0.1, 2.0))] += 1
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            ended["killed"] += 1
    for last in range(30):
        code, summary, said = sync(data, upstream, "--answer-time", "2s")
        if code == 0 and last > 0:
            break
    until.set()
    thread.join()
    assert code == 0, (code, summary, said)
    return ended, last + 1


def recipe(name, base):
    env = {**os.environ, "DATATAP_BASE": base, "DATATAP_TENANT": TENANT, "DATATAP_KEY": KEY, "DATATAP_SOURCE": "a.user-contoso.com@mail.example"}
    quick = "import time, runpy, sys; time.sleep = lambda _: None; runpy.run_path(sys.argv[1])"
    run = subprocess.run([sys.executable, "-c", quick, f"{RECIPES}/{name}.py"], env=env, capture_output=True, text=True, timeout=120)
    return run.returncode, run.stdout, run.stderr.splitlines()[-1:]


def recipes():
    """The recipes through the gateway, while upstream is there and when it is away."""
    docs, sources = documents(MAIL, [], "sync-samples.jsonl")
    upstream, data = Upstream(docs, MAIL), f"{WORK}/sync-samples"
    code, _, said = sync(data, upstream)
    assert code == 0, said
    check(data, MAIL, sources)
    print(f"drawn requests after a sync: {same_answers(docs, data, 500)}")
    listed = read(docs)
    blob = next(one["Id"] for one in upstream.get("/locations").json() if one["Type"] == "BLOB")

    def downloads(base):
        for one in listed:
            url = f"{base}/api/{TENANT}/discovery/{blob}/source/{one['mailbox']}/items/{one['itemId']}/download"
            params = {"dataType": "email", "fragmentId": one["fragmentId"], "format": "eml"}
            answer = requests.get(url, params=params, headers={"X-API-Key": KEY}, timeout=30)
            assert answer.status_code == 200 and hashlib.sha256(answer.content).hexdigest()[:32] == one["id"], (answer.status_code, one["id"])
        return answer.headers["Postern-Served-By"]

    with upstream, gateway(data, "--premium", upstream.url, "--tenant", TENANT, "--key", KEY, "--deadline", "2s") as base:
        direct = {name: recipe(name, upstream.url) for name in ("discover_mailboxes", "list_sent_items")}
        online = {name: recipe(name, base) for name in direct}
        assert direct == online and all(one[0] == 0 for one in direct.values()), (direct, online)
        track = recipe("collect_and_track", base)
        # The stand-in knows no /monitoring; until there the job is followed to its end.
        assert "READY" in track[1], track
        assert downloads(base) == "premium"
        upstream.process.kill()
        upstream.process.wait()
        offline = {name: recipe(name, base) for name in direct}
        assert offline == direct, (offline, direct)
        assert downloads(base) == "local"
        print(f"recipes: the same online and offline, and {len(listed)} downloads each")


recipes()
docs, sources = documents(CORPUS, [f"{CORPUS}/{pack}" for pack in PACKS], "sync.jsonl")
with Upstream(docs, CORPUS) as upstream:
    data = f"{WORK}/sync"
    bare = bare_rate(upstream, 2_000)
    before, began = upstream.asked(), time.monotonic()
    code, summary, said = sync(data, upstream)
    took = time.monotonic() - began
    assert code == 0, said
    whole = upstream.asked() - before
    assert summary["requests"] == whole and summary["downloaded"] == len(sources), (summary, whole)
    status = check(data, CORPUS, sources)
    print(f"{len(sources)} messages of {len(status['sync']['mailboxes'])} mailboxes in {took:.1f} s: {len(sources) / took:.0f} a second, "
          f"bare fetching {bare:.0f} a second; {whole} requests, {whole - len(sources)} of them to list")
    before = upstream.asked()
    code, summary, said = sync(data, upstream)
    again = upstream.asked() - before
    assert code == 0 and summary["downloaded"] == 0 and again <= 12 * len(status["sync"]["mailboxes"]) + 4, (summary, again, said)
    print(f"again, with nothing new: {again} requests")
    tally, fields = same_answers_but_for_readers(docs, data, 500)
    print(f"drawn requests: {tally}; fields that were read differently: {fields}")
    before = upstream.asked()
    data = f"{WORK}/sync-disturbed"
    ended, last = disturbed(upstream, data)
    check(data, CORPUS, sources)
    extra = upstream.asked() - before - whole
    print(f"disturbed: {dict(ended)} runs and {last} to the end, the same state; {extra} requests more than without ({100 * extra / whole:.0f} %)")
