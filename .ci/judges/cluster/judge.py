#!/usr/bin/env python3
"""A real OpenSearch of three nodes before the index of this machine and the stand-in of premium.

    judge.py POSTERN CLUSTER PREMIUM_FOLDER MAIL WORK

CLUSTER is the folder of the launcher of the nodes, MAIL a folder of mail. The same mail is indexed here and in the
cluster, by two processes at the same time with a data folder each, and a node is killed meanwhile: the same index as by
one after the other. A node is paused, the quorum is lost and a disk is full while mail is written. A new index takes the place of the
old one, killed and written meanwhile. Then requests that
are drawn from the documents are asked of a gateway without any local index, of the local index and of the stand-in:
counts, sets and orders must be the same, and what the one refuses the others must refuse. A query over a limit of the
cluster is counted apart. Pages of 1, 7 and 1,000 must have the same union. A node is killed while queries run: each
answer is right, or a refusal.

CLUSTER_CASES is how many requests are drawn (120, and 5,000 for all of it), CLUSTER_LINE the line of OpenSearch (2),
CLUSTER_TOLD a file with the line of a launcher that runs already.
Prints `skipped` where OpenSearch cannot be had here.
"""
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

POSTERN, CLUSTER, PREMIUM, MAIL = sys.argv[1:5]
WORK = pathlib.Path(sys.argv[5])
CASES, LINE = os.environ.get("CLUSTER_CASES", "120"), os.environ.get("CLUSTER_LINE", "2")
TENANT = "11111111-1111-4111-8111-111111111111"
# An index, and those that take its place: each reindex that was killed too late to stop the next one makes one more.
INDEXES = ["-v1"] + [f"-v1-{number}" for number in range(2, 10)]
failures = []


def check(holds, what):
    print(("ok   " if holds else "FAIL ") + what, flush=True)
    if not holds:
        failures.append(what)


def call(method, url, body=None, patience=60):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=patience) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        text = error.read()
        with contextlib.suppress(ValueError):
            return error.code, json.loads(text)
        return error.code, {"text": text.decode(errors="replace")}


def postern(*arguments, data=WORK / "nothing", good=(0, 3)):
    """Runs the command to its end and reads the JSON that it prints."""
    command = [POSTERN, "--config", str(WORK / "postern.toml"), "--data", str(data), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in good:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-800:]}")
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout


class Nodes:
    """Three nodes, each a process that can be killed."""

    def __enter__(self):
        began, self.process = time.monotonic(), None
        if "CLUSTER_TOLD" in os.environ:
            return self.told_by(pathlib.Path(os.environ["CLUSTER_TOLD"]).read_text())
        command = [f"{CLUSTER}/cluster", "serve", "--line", LINE, "--nodes", "3", "--heap", "512", "--name", "judge"]
        # On a disk that is rather full a shard would have no copy.
        command += ["--set", "cluster.routing.allocation.disk.threshold_enabled=false"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the nodes do not start")
        print(f"     three nodes in {time.monotonic() - began:.0f} s", flush=True)
        return self.told_by(line)

    def told_by(self, line):
        told = json.loads(line)
        self.urls, self.control = told["urls"], told["control"]
        print(f"     OpenSearch {told['version']}", flush=True)
        for index in ["-coverage-v1", "-originals-v1", "-reindex-v1", *INDEXES]:
            call("DELETE", f"{self.urls[0]}/postern-{TENANT}{index}")
        return self

    def __exit__(self, *_):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def order(self, what, node):
        return call("POST", f"{self.control}/{what}/{node}", patience=180)

    def live(self):
        return self.urls[2]

    def wait_for(self, status):
        call("GET", f"{self.live()}/_cluster/health?wait_for_status={status}&timeout=90s", patience=120)

    def all(self):
        """Every document by its id."""
        self.documents()
        hits = call("POST", f"{self.live()}/postern-{TENANT}/_search", {"size": 10000})[1]["hits"]["hits"]
        return {one["_id"]: one["_source"] for one in hits}

    def documents(self):
        call("POST", f"{self.live()}/postern-{TENANT}/_refresh", patience=120)
        return call("GET", f"{self.live()}/postern-{TENANT}/_count")[1]["count"]


def prepared():
    done = subprocess.run([f"{CLUSTER}/cluster", "prepare", "--line", LINE], capture_output=True, text=True)
    if done.returncode:
        print(f"skipped: OpenSearch cannot be had here: {done.stderr.strip()[-300:]}")
        sys.exit(0)


def configure(nodes):
    urls = json.dumps(nodes.urls)
    (WORK / "postern.toml").write_text(
        f'engines = ["cluster"]\ndeadline = "20s"\nlisten = "127.0.0.1:0"\n[cluster]\nurls = {urls}\n'
        f'[[tenants]]\nid = "{TENANT}"\ndata = "{WORK}/nothing"\n')


@contextlib.contextmanager
def gateway(config=WORK / "postern.toml", data=WORK / "nothing"):
    command = [POSTERN, "--config", str(config), "--data", str(data), "serve"]
    with open(WORK / "serve.log", "a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        line = process.stdout.readline()
        yield line.split()[-1].rstrip("/") if line else ""
    finally:
        process.terminate()
        process.wait()


def halves(documents):
    """The documents in two files that have a third in common, and how many different ones there are."""
    lines = pathlib.Path(documents).read_text().splitlines(keepends=True)
    third = len(lines) // 3
    for name, part in [("one", lines[:2 * third]), ("two", lines[third:])]:
        folder = WORK / name
        folder.mkdir(exist_ok=True)
        (folder / "documents.jsonl").write_text("".join(part))
    return len({json.loads(line)["id"] for line in lines})


# ---- writing ----

def write(nodes, documents):
    count = halves(documents)
    made = postern("cluster", "init", "--format", "json")
    check(made["made"] and made["nodes"] == 3, "the index is made")
    check(not postern("cluster", "init", "--format", "json")["made"], "and made once")
    nodes.wait_for("green")  # a copy of each shard is on two nodes
    killer = threading.Timer(0.5, lambda: [nodes.order("kill", 1), time.sleep(2), nodes.order("start", 1)])
    killer.start()
    index = lambda name: postern("index", "--to", "cluster", "--format", "json", WORK / name, data=WORK / f"data-{name}")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        one, two = pool.map(index, ["one", "two"])
    killer.join()
    nodes.wait_for("green")
    found = nodes.documents()
    check(found == count, f"two processes, a node killed meanwhile: {found} of {count} documents, none lost or doubled")
    told = one["indexed"] + two["indexed"]
    check(one["unreadableCount"] == two["unreadableCount"] == 0, f"nothing was refused ({told} written)")
    again = index("one")
    check(again["indexed"] == 0 and again["alreadyThere"] == one["found"], "a second run does nothing")
    one_after_the_other(nodes, index)
    compared = postern("cluster", "check", "--sample", "30", "--format", "json", data=WORK / "data-one", good=(0, 1))
    check(not compared["differences"] and compared["messages"] == 30, f"`cluster check` finds nothing missing: {compared}")
    forgotten(nodes, index)
    mail = postern("index", "--to", "cluster", "--format", "json", MAIL, data=WORK / "data-mail")
    before = nodes.documents()
    shutil.rmtree(WORK / "data-mail")
    repeated = postern("index", "--to", "cluster", "--format", "json", MAIL, data=WORK / "data-mail")
    check(nodes.documents() == before and repeated["indexed"] == 0, f"{mail['found']} messages twice from a machine that has forgotten: once")


def one_after_the_other(nodes, index):
    """Two machines that bring overlapping mail at the same time make the same index as one after the other."""
    together = nodes.all()
    call("DELETE", f"{nodes.live()}/postern-{TENANT}-v1")
    postern("cluster", "init", "--format", "json")
    index("two"), index("one")
    apart = nodes.all()
    different = [id for id in together.keys() | apart.keys() if together.get(id) != apart.get(id)]
    shared = sum(len(one["kept"]["holders"][0]) > 1 for one in apart.values())
    check(not different and shared > 0, f"two machines at the same time as one after the other: {len(different)} of {len(apart)} differ, {shared} have two holders")


def forgotten(nodes, index):
    """What a file no longer has goes away, unless another machine has it."""
    file = WORK / "one" / "documents.jsonl"
    text, before = file.read_text(), nodes.all()
    lines = text.splitlines(keepends=True)
    gone = {json.loads(line)["id"] for line in lines[:5] + lines[-5:]} - {json.loads(line)["id"] for line in lines[5:-5]}
    of_two = {json.loads(line)["id"] for line in (WORK / "two" / "documents.jsonl").read_text().splitlines()}
    file.write_text("".join(lines[5:-5]))
    index("one")
    left = nodes.all()
    check(before.keys() - left.keys() == gone - of_two, f"of {len(gone)} messages that a file lost, {len(gone - of_two)} are gone: the others are another machine's")
    file.write_text(text)
    index("one")
    again = nodes.all()
    differ = sum(again.get(id) != document for id, document in before.items())
    check(again.keys() == before.keys() and not differ, f"and they come again; {differ} of them otherwise than they were")


def written_in_trouble(nodes):
    """A silent node, a lost quorum, and a full disk's block, while mail is written: every message has its place in the end."""
    silent = lambda: [nodes.order("pause", 1), time.sleep(8), nodes.order("resume", 1)]
    lost = lambda: [nodes.order("kill", 1), nodes.order("kill", 2), time.sleep(8), nodes.order("start", 1), nodes.order("start", 2)]
    block = lambda value: call("PUT", f"{nodes.live()}/postern-{TENANT}/_settings", {"index.blocks.read_only_allow_delete": value})
    full = lambda: [block(True), time.sleep(5), block(None)]
    for name, trouble in [("paused", silent), ("quorum", lost), ("blocked as by a full disk", full)]:
        before = nodes.documents()
        trouble_maker = threading.Timer(0.3, trouble)
        trouble_maker.start()
        began = time.monotonic()
        done = postern("index", "--to", "cluster", "--mailbox", name, "--format", "json", WORK / "one", MAIL, data=WORK / f"data-{name}")
        took = time.monotonic() - began
        trouble_maker.join()
        nodes.wait_for("green")
        nodes.documents()
        query = {"query": {"nested": {"path": "places", "query": {"term": {"places.mailbox": name}}}}, "track_total_hits": True, "size": 0}
        held = call("POST", f"{nodes.live()}/postern-{TENANT}/_search", query)[1]["hits"]["total"]["value"]
        again = postern("index", "--to", "cluster", "--mailbox", name, "--format", "json", WORK / "one", MAIL, data=WORK / f"data-{name}")
        whole = done["unreadableCount"] == 0 and again["indexed"] == 0 and again["found"] == done["found"]
        check(held > 0 and whole, f"{name} while writing: {held} messages have their place, {done['found']} were read, in {took:.0f} s, {before} before")


def reindexed(nodes):
    """A new index beside the old one: searched all the time, written meanwhile, and killed again and again."""
    command = [POSTERN, "--config", WORK / "postern.toml", "cluster", "reindex", "--again"]
    behind = lambda: sorted(call("GET", f"{nodes.live()}/_alias/postern-{TENANT}")[1])
    before, old = nodes.all(), behind()

    def bring(name):
        file = WORK / f"{name}.eml"
        file.write_text(f"Subject: meanwhile {name}\nMessage-ID: <{name}@meanwhile>\n\nwords\n")
        postern("index", "--to", "cluster", "--format", "json", file, data=WORK / f"data-{name}")

    with gateway() as url, concurrent.futures.ThreadPoolExecutor() as pool:
        ask = lambda: call("POST", f"{url}/v1/search", {"q": "-subject:meanwhile", "limit": 0, "engine": "cluster"})
        right, answers, ends = ask()[1]["count"]["value"], collections.Counter(), threading.Event()

        def asking():
            while not ends.is_set():
                status, body = ask()
                answers["right" if status == 200 and body["count"]["value"] == right else f"wrong: {status} {body}"] += 1

        asker = threading.Thread(target=asking)
        asker.start()
        for number in range(6):
            killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.2 + 0.35 * number)
            killed.kill()
            killed.wait()
            if number < 5:  # the last one is waited for until it counts as gone
                call("DELETE", f"{nodes.live()}/postern-{TENANT}-reindex/_doc/reindex")
            if number == 1:
                between = pool.submit(bring, "between")
        held = before.keys() <= nodes.all().keys()
        check(held, f"a reindex was killed six times, and the name stands for all messages: {behind()}")
        done, during = pool.submit(postern, "cluster", "reindex", "--again", "--format", "json"), pool.submit(bring, "during")
        second = one_at_a_time(nodes)
        done, _, _ = done.result(), during.result(), between.result()
        ends.set()
        asker.join()
    check(second, "a second reindex at the same time is told who does it")
    check(behind() == [done["to"]] and behind() != old, f"the name stands for {done['to']} and no longer for {old}; {done['copied']} copied, compared {done['passes']} times")
    check(set(answers) == {"right"}, f"searches meanwhile: {dict(answers)}")
    after = nodes.all()
    new = {one["subject"] for id, one in after.items() if id not in before}
    differ = [id for id, one in before.items() if after.get(id) != one]
    check(not differ and new == {"meanwhile between", "meanwhile during"}, f"{len(after)} messages are there, as they were: {len(differ)} differ; new: {sorted(new)}")
    found = postern("index", "--to", "cluster", "--format", "json", WORK / "one", data=WORK / "data-one")
    check(found["indexed"] == 0, "and what a machine had sent counts as sent")


def one_at_a_time(nodes):
    """Runs another reindex as soon as the one under way has begun, or has ended."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        _, there = call("GET", f"{nodes.live()}/postern-{TENANT}-reindex/_doc/reindex")
        if there.get("_source", {}).get("beat") == 0 and "process" in there["_source"]["by"]:
            done = subprocess.run([POSTERN, "--config", str(WORK / "postern.toml"), "cluster", "reindex", "--again"], capture_output=True, text=True)
            # Where the first one was fast, this one finds nobody.
            return done.returncode == 0 or "another `cluster reindex` is under way: process" in done.stderr or "run it again" in done.stderr
        time.sleep(0.05)
    return False


# ---- reading ----

def drawn(documents):
    cases = subprocess.run([sys.executable, f"{PREMIUM}/make_cases.py", documents, "--seed", "7", "--count", CASES],
                           capture_output=True, text=True, check=True).stdout
    return [json.loads(line) | {"top": 1000} for line in cases.splitlines()]


def of_gateway(url, request):
    names = {"query": "query", "filter": "filter", "orderby": "$orderby", "$orderby": "$orderby", "top": "top", "skip": "skip"}
    params = {names[name]: value for name, value in request.items() if name in names and value is not None}
    path = f"{url}/api/{TENANT}/indexes/mail/documents?{urllib.parse.urlencode(params)}"
    status, body = call("GET", path)
    if status == 200:
        return {"count": body["Count"], "ids": [one["id"] for one in body["Results"]]}
    return {"error": status, "body": body}


def over_a_limit(answer):
    text = json.dumps(answer.get("body", ""))
    return any(word in text for word in ["too_costly", "cannot say this"])


def parity(url, documents):
    cases = drawn(documents)
    text = "".join(json.dumps(case) + "\n" for case in cases)
    judge = subprocess.run([f"{PREMIUM}/premium", "eval", "--docs", documents], input=text, capture_output=True, text=True, check=True)
    subprocess.run([POSTERN, "--data", WORK / "local", "index", "--quiet", documents], check=True)
    here = subprocess.run([POSTERN, "--data", WORK / "local", "search", "--requests", "-"], input=text, capture_output=True, text=True, check=True)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        theirs = list(pool.map(lambda case: of_gateway(url, case), cases))
    tally, reasons, different = collections.Counter(), collections.Counter(), []
    for case, cluster, local, stand_in in zip(cases, theirs, here.stdout.splitlines(), judge.stdout.splitlines(), strict=True):
        local, stand_in = json.loads(local), json.loads(stand_in)
        verdict = compared(case, cluster, local, stand_in)
        tally[verdict] += 1
        if verdict == "over a limit of the cluster":
            reasons[cluster["body"].get("error", cluster["body"]).get("message", "")[:90]] += 1
        if verdict == "different":
            different.append((case, cluster, local))
    print(f"     {dict(tally)}, of these {dict(reasons)}")
    for case, cluster, local in different[:5]:
        print("    ", json.dumps(case, ensure_ascii=False)[:300], "\n       cluster", json.dumps(cluster)[:200], "\n       local  ", json.dumps(local)[:200])
    check(not different, f"{len(cases)} drawn requests: the same from cluster, local index and stand-in")


def compared(case, cluster, local, stand_in):
    if "error" in cluster and over_a_limit(cluster) and "error" not in local:
        return "over a limit of the cluster"
    if any("error" in answer for answer in (cluster, local, stand_in)):
        return "refused" if all("error" in answer for answer in (cluster, local, stand_in)) else "different"
    ranked = "query" in case or "ismatchscoring" in case.get("filter", "")
    same = cluster["count"] == local["count"] == stand_in["count"]
    if stand_in["count"] == len(stand_in["ids"]):
        same = same and sorted(cluster["ids"]) == sorted(local["ids"]) == sorted(stand_in["ids"])
    if not ranked or "score" not in stand_in["order"]:
        same = same and cluster["ids"] == local["ids"]
    return "same" if same else "different"


def pages(url):
    """The union of all pages, of an order with equal and with missing values."""
    for text in ["sort:subject", "sort:oldest", "from:a* OR the", "sort:sender"]:
        unions = []
        for size in (1000, 7, 1):
            ids, cursor = [], None
            while True:
                body = {"q": text, "limit": size, "engine": "cluster"} | ({"cursor": cursor} if cursor else {})
                status, page = call("POST", f"{url}/v1/search", body)
                assert status == 200, (text, size, page)
                ids += [one["id"] for one in page["results"]]
                cursor = page.get("nextCursor")
                if not cursor or len(ids) > 60 and size == 1 or len(ids) > 300 and size == 7:
                    break
            unions.append(ids)
        whole = unions[0]
        check(len(set(whole)) == len(whole) and all(part == whole[:len(part)] for part in unions), f"pages of 1, 7 and 1,000 agree: {text}")


def killed_while_reading(nodes, url):
    texts = [f"subject:{word}*" for word in "abcdefgh"]
    ask = lambda text: call("POST", f"{url}/v1/search", {"q": text, "limit": 0, "engine": "cluster"})
    right = {text: ask(text)[1]["count"]["value"] for text in texts}
    killer = threading.Timer(0.5, lambda: nodes.order("kill", 2))
    killer.start()
    answers, end = collections.Counter(), time.monotonic() + 6
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        while time.monotonic() < end:
            for text, (status, body) in zip(texts, pool.map(ask, texts)):
                is_right = status == 200 and body["count"] == {"value": right[text], "exact": True}
                answers["right" if is_right else f"refused {status}" if status in (502, 503, 504) else "wrong"] += 1
    killer.join()
    nodes.order("start", 2)
    check(answers["wrong"] == 0 and answers["right"] > 0, f"a node killed while reading: {dict(answers)}")


def counted(url):
    """Facets of the cluster beside those of the local index."""
    names = ["sender", "domain", "mailbox", "folder", "year", "month", "day", "kind", "type", "extension", "category", "hasAttachment", "source"]
    theirs = call("POST", f"{url}/v1/search", {"q": "", "limit": 0, "engine": "cluster", "facets": names + ["histogram"]})[1]
    (WORK / "local.toml").write_text('listen = "127.0.0.1:0"\nengines = ["local"]\n')
    with gateway(WORK / "local.toml", WORK / "local") as here:
        own = call("POST", f"{here}/v1/search", {"q": "", "limit": 0, "engine": "local", "facets": names + ["histogram"]})[1]
    different = [name for name in names + ["histogram"] if theirs["facets"].get(name) != own["facets"].get(name)]
    check(not different and theirs["facetsBy"] == "cluster", f"facets and bars are those of the local index; different: {different}")


def covered(nodes, url):
    """An answer of the cluster says how complete it is."""
    status, body = call("POST", f"{url}/v1/search", {"q": "", "limit": 0, "engine": "cluster"})
    told, count = body.get("coverage") or {}, nodes.documents()
    check(told.get("indexed") == told.get("known") == count and told.get("asOf"), f"coverage: {told.get('indexed')} of {told.get('known')} known messages as of {told.get('asOf')}, {count} are there")


def too_long(nodes, url):
    """A value that is too long for the index: its words are found, and a condition on the whole says that it is narrower."""
    folder = WORK / "long"
    folder.mkdir()
    (folder / "1.eml").write_text(f"From: a@x.example\nSubject: needleword {'x' * 200} " + "y " * 6000 + "\nMessage-ID: <long@x>\n\nbody\n")
    postern("index", "--to", "cluster", "--format", "json", folder, data=WORK / "data-long")
    nodes.documents()
    ask = lambda **body: call("POST", f"{url}/v1/search", {"engine": "cluster"} | body)
    check(ask(q="subject:needleword")[1]["count"]["value"] == 1, "words of a subject that is too long are found")
    answers = [ask(q="", filter="subject eq 'x'") for _ in range(2)]
    told = answers[1][1].get("query", {})
    check((told.get("fidelity"), told.get("direction")) == ("approximate", "narrower"), f"a condition on the whole says so: {answers[0][0]}, then {told.get('notes')}")


def limits(url):
    wide = " OR ".join(f"w{number}" for number in range(400))  # each in three fields
    status, body = call("POST", f"{url}/v1/search", {"q": wide, "engine": "cluster"})
    check(status == 400 and body["type"].endswith("cluster_cannot"), f"1,200 clauses are the client's fault: {status} {body.get('detail')}")
    for _ in range(12):
        call("POST", f"{url}/v1/search", {"q": wide, "engine": "cluster"})
    status, _ = call("POST", f"{url}/v1/search", {"q": "the", "engine": "cluster"})
    check(status == 200, "and never keep others from the cluster")


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    prepared()
    documents = str(WORK / "documents.jsonl")
    with open(documents, "w") as out:
        subprocess.run([sys.executable, f"{PREMIUM}/eml2docs.py", MAIL, "--fill"], stdout=out, stderr=subprocess.DEVNULL, check=True)
    began = time.monotonic()
    with Nodes() as nodes:
        configure(nodes)
        write(nodes, documents)
        written_in_trouble(nodes)
        reindexed(nodes)
        clean(nodes, documents)
        with gateway() as url:
            covered(nodes, url)
            parity(url, documents)
            limits(url)
            pages(url)
            counted(url)
            too_long(nodes, url)
            killed_while_reading(nodes, url)
    print(f"{len(failures)} failed, in {time.monotonic() - began:.0f} s")
    sys.exit(1 if failures else 0)


def clean(nodes, documents):
    """The index made anew with the documents alone, as the stand-in has them."""
    for index in INDEXES:
        call("DELETE", f"{nodes.live()}/postern-{TENANT}{index}")
    postern("cluster", "init", "--format", "json")
    postern("index", "--to", "cluster", "--format", "json", documents, data=WORK / "data-documents")
    nodes.documents()


if __name__ == "__main__":
    main()
