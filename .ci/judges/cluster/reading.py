#!/usr/bin/env python3
"""A gateway whose only index lies in a real OpenSearch, before the local index and the stand-in of premium.

    reading.py POSTERN CLUSTER PREMIUM_FOLDER MAIL WORK [PACKS]

CLUSTER is the folder of the launcher of the nodes, MAIL a folder of mail, PACKS a folder with three packs of mail.
The same mail lies in the cluster, in a local index and in the stand-in. Of drawn requests, of what people type, of the
recorded slice and of known answers the counts, sets, orders and refusals must be the same; the laws of meaning must
hold; pages of 1, 7 and 1,000 must have the same union. Whatever else can be read (completion, conversations,
messages, exports, marks, saved searches) must be the same from a gateway with the cluster alone and from one with
the local index alone, also every number of search-term reports. Premium fails in each way before it: the answer comes
from the cluster. Keys of two tenants hear of nothing that is not theirs, on paths that read and on those of sets, holds,
reports, saved searches and exports. Then nodes are paused and killed, and states of the index refused, while queries run: each
answer is right, or a refusal.

CLUSTER_FULL=1 takes 4,000 messages of each pack and 5,000 requests; otherwise MAIL and 120 requests are enough.
CLUSTER_LINE and CLUSTER_TOLD are those of judge.py.
"""
import collections
import concurrent.futures
import contextlib
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
import urllib.error
import urllib.parse
import urllib.request

# Behind its own folder, where a `judge` is too.
sys.path += [str(pathlib.Path(__file__).resolve().parents[1] / "report"), str(pathlib.Path(__file__).resolve().parents[2])]
import draw
import judge
import stand_in
from judge import CLUSTER, MAIL, POSTERN, PREMIUM, TENANT, WORK, Nodes, call, check, of_gateway, over_a_limit

PACKS = pathlib.Path(sys.argv[6]) if len(sys.argv) > 6 else None
FULL = bool(os.environ.get("CLUSTER_FULL"))
CASES, LAWS, OF_PACK, LINES = (5000, 2000, 4000, 300) if FULL else (120, 60, 0, 40)
HERE = pathlib.Path(__file__).resolve().parents[3]
NAMES = ["spamassassin", "list-archive", "cypherpunks-1994"]


# ---- the same mail in three places ----

class Tenants:
    """Tenants of one cluster, each with an index of its own, and a gateway over each of them."""

    def __init__(self, nodes):
        self.nodes, self.made = nodes, 0

    def add(self, *paths, tenant=None):
        """A new tenant with that mail in the cluster and in a local index: its settings and that index."""
        self.made += 1
        tenant = tenant or f"t{self.made}"
        config = WORK / f"{tenant}.toml"
        config.write_text(f'engines = ["cluster"]\ndeadline = "20s"\nlisten = "127.0.0.1:0"\n[cluster]\nurls = {json.dumps(self.nodes.urls)}\n'
                          f'[[tenants]]\nid = "{tenant}"\ndata = "{WORK}/data-{tenant}"\n')
        call("DELETE", f"{self.nodes.live()}/postern-{tenant}-v1")
        run = lambda *arguments: subprocess.run([POSTERN, "--config", config, "--data", WORK / f"written-{tenant}", *map(str, arguments)],
                                                capture_output=True, text=True)
        made = run("cluster", "init")
        assert made.returncode == 0, made.stderr
        written = run("index", "--to", "cluster", "--format", "json", *paths)
        assert written.returncode in (0, 3), written.stderr[-800:]
        call("POST", f"{self.nodes.live()}/postern-{tenant}/_refresh", patience=120)
        local = WORK / f"local-{tenant}"
        subprocess.run([POSTERN, "--data", local, "index", "--quiet", *map(str, paths)], stderr=subprocess.DEVNULL)
        return tenant, config, local


@contextlib.contextmanager
def both(config, local):
    """A gateway with the cluster alone, and one with the local index alone."""
    alone = WORK / "local.toml"
    alone.write_text('listen = "127.0.0.1:0"\nengines = ["local"]\ndeadline = "20s"\n')
    with judge.gateway(config, WORK / "nothing") as cluster, judge.gateway(alone, local) as own:
        yield cluster, own


def documents(name, folders):
    """One file of documents of those folders, of each as many as are wanted."""
    made = WORK / name
    with open(made, "w") as out:
        for folder in folders:
            lines = subprocess.run([sys.executable, f"{PREMIUM}/eml2docs.py", folder, "--fill"], capture_output=True, text=True, check=True).stdout
            lines = lines.splitlines(keepends=True)
            step = max(1, len(lines) // OF_PACK) if OF_PACK else 1
            out.writelines(lines[::step][:OF_PACK or None])
    return made


# ---- drawn requests ----

def drawn(tenant, url, local, docs):
    text = subprocess.run([sys.executable, f"{PREMIUM}/make_cases.py", docs, "--seed", "7", "--count", str(CASES)],
                          capture_output=True, text=True, check=True).stdout
    cases = [json.loads(line) | {"top": 1000} for line in text.splitlines()]
    text = "".join(json.dumps(case) + "\n" for case in cases)
    ask = lambda *command: [json.loads(line) for line in subprocess.run([*command], input=text, capture_output=True, text=True, check=True).stdout.splitlines()]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        there = pool.submit(ask, f"{PREMIUM}/premium", "eval", "--docs", docs)
        here = pool.submit(ask, POSTERN, "--data", local, "search", "--requests", "-")
        cluster = list(pool.map(lambda case: asked(url, tenant, case), cases))
    tally, reasons, different = collections.Counter(), collections.Counter(), []
    for case, one, two, three in zip(cases, cluster, here.result(), there.result(), strict=True):
        verdict = judge.compared(case, one, two, three)
        tally[verdict] += 1
        if verdict == "over a limit of the cluster":
            reasons[one["body"].get("error", one["body"]).get("message", "")[:90]] += 1
        elif verdict == "different":
            different.append((case, one, two, three))
    print(f"     {dict(tally)}, of these {dict(reasons)}")
    for case, *answers in different[:5]:
        print("    ", json.dumps(case, ensure_ascii=False)[:300], *(f"\n       {json.dumps(answer)[:200]}" for answer in answers))
    check(not different, f"{len(cases)} drawn requests: the same from cluster, local index and stand-in")


def asked(url, tenant, request):
    names = {"query": "query", "filter": "filter", "orderby": "$orderby", "$orderby": "$orderby", "top": "top", "skip": "skip"}
    params = {names[name]: value for name, value in request.items() if name in names and value is not None}
    status, body = call("GET", f"{url}/api/{tenant}/indexes/mail/documents?{urllib.parse.urlencode(params)}")
    if status == 200:
        return {"count": body["Count"], "ids": [one["id"] for one in body["Results"]]}
    return {"error": status, "body": body}


def laws(tenants, docs):
    """The third judge, which needs no second engine, over few enough documents to see all of them."""
    tenant, config, _ = tenants.add(docs)
    with judge.gateway(config) as url:
        done = subprocess.run([sys.executable, HERE / ".ci/partition.py", POSTERN, PREMIUM, docs, WORK, str(LAWS), "20", url, tenant],
                              capture_output=True, text=True)
    print("     " + (done.stdout.strip() or done.stderr[-500:]).replace("\n", "\n     "))
    check(done.returncode == 0, f"laws of meaning hold for {LAWS} pairs that are drawn")


def recorded(tenants):
    """Answers that were recorded once."""
    folder = HERE / "tests/parity"
    ids = [json.loads(line)["id"] for line in open(folder / "documents.jsonl")]
    tenant, config, _ = tenants.add(folder / "documents.jsonl")
    wrong, apart = [], 0
    with judge.gateway(config) as url:
        for line in open(folder / "answers.jsonl"):
            one = json.loads(line)
            answer = asked(url, tenant, one["request"])
            if "error" in answer and over_a_limit(answer) and not one.get("refused"):
                apart += 1
            elif ("error" in answer) != bool(one.get("refused")):
                wrong.append((one, answer))
            elif "error" not in answer:
                named = lambda numbers: [ids[number] for number in numbers]
                right = answer["count"] == one["count"]
                right = right and ("ordered" not in one or named(one["ordered"]) == answer["ids"])
                right = right and ("found" not in one or sorted(named(one["found"])) == sorted(answer["ids"]))
                if not right:
                    wrong.append((one, answer))
    for one, answer in wrong[:3]:
        print("    ", json.dumps(one)[:300], "\n      ", json.dumps(answer)[:300])
    check(not wrong, f"the recorded slice: 320 answers, {apart} over a limit")


def known(tenants):
    """Answers over real mail that were found by other means."""
    if not FULL:
        return
    folders = [PACKS / name for name in ["spamassassin", "odd", "cypherpunks-1994"]]
    missing = [folder.name for folder in folders if not folder.is_dir()]
    if missing:
        check(False, f"known answers need the packs {missing}")
        return
    _, config, _ = tenants.add(*folders)
    wrong, answers = [], [json.loads(line) for line in open(HERE / "tests/known-answers.jsonl") if line.strip()]
    with judge.gateway(config) as url:
        for answer in answers:
            status, body = call("POST", f"{url}/v1/search", {"q": answer["q"], "limit": 0, "engine": "cluster"})
            if status != 200 or body["count"] != {"value": answer["count"], "exact": True}:
                wrong.append((answer["q"], answer["count"], status, body.get("count", body)))
    for one in wrong[:5]:
        print("    ", one)
    check(not wrong, f"{len(answers)} known answers over real mail")


# ---- everything else that is read ----

def typed(docs):
    """Queries as people type them, with values of documents."""
    rng, lines = random.Random(3), [json.loads(line) for line in open(docs)]
    words = ["the", "invoice", "re*", '"of the"', "from:a", "sort:oldest", "has:attachment", "-from:a", "to:*@*", "size>1000"]
    for one in rng.sample(lines, min(12, len(lines))):
        word = (one["subject"] or "x").split() or ["x"]
        text = word[0].strip('"()\'?*:,;-[]!') or "a"
        words += [f"subject:{json.dumps(text)}", f"from:{one['fromAddress'] or 'a'}", f"{json.dumps(text)} sort:oldest"]
    return words


def same(urls, path, shown, body=None):
    """Whether both gateways give the same answer. Who answered and how relevant something is may differ, and so its order."""
    def answer(url):
        status, said = call("POST" if body else "GET", url + path, body)
        if not body or status != 200:
            return status, said
        results = [{name: value for name, value in one.items() if name != "score"} for one in said["results"]]
        if "sort:" not in body["q"]:
            is_whole = said["count"]["value"] == len(results)
            results = sorted(results, key=lambda one: one["id"]) if is_whole else []
        return status, {"count": said["count"], "results": results}
    one, two = map(answer, urls)
    if one != two:
        shown.append((path, body, json.dumps(one)[:300], json.dumps(two)[:300]))
    return one


def read(urls, docs):
    """The gateway with the cluster beside the one with the local index, on every path that reads."""
    shown, ids, count = [], [], collections.Counter()
    for text in typed(docs):
        status, said = same(urls, "/v1/search", shown, {"q": text, "limit": 100, "highlight": True})
        count["searches with marks"] += 1
        ids += [one["id"] for one in said.get("results", [])][:3]
    for text in ["sort:newest", "the sort:oldest", "re* sort:subject"] + typed(docs)[10:]:
        walked(urls, text, shown)
        count["searches in rows"] += 1
    for text in ["from:", "from:a", "to:b", "participants:c", "in:", "in:i", "mailbox:", "filename:", "filename:r", "ext:", "category:", "list:", "source:", "from:@x", "cc:É", "invoice fr"]:
        same(urls, "/v1/complete?limit=20&q=" + urllib.parse.quote(text), shown)
        count["completions"] += 1
    for one in dict.fromkeys(ids):
        for path in (f"/v1/messages/{one}", f"/v1/threads/{one}"):
            same(urls, path, shown)
            count["messages and conversations"] += 1
    for form in ("csv", "jsonl"):
        texts = [subprocess.run(["curl", "-sS", "-X", "POST", "-H", "content-type: application/json", "-d", json.dumps({"q": "", "format": form}), f"{url}/v1/export"],
                                capture_output=True).stdout for url in urls]
        count[f"bytes of {form}"] = len(texts[0])
        if texts[0] != texts[1]:
            shown.append(("export", form, texts[0][:200], texts[1][:200]))
    for one in shown[:6]:
        print("    ", *one, sep="\n       ")
    check(not shown, f"the same is read with the cluster alone as with the local index alone: {dict(count)}")


def walked(urls, text, shown):
    """Pages with equal messages in one row, of an order that does not depend on relevance."""
    text = text if "sort:" in text else text + " sort:newest"
    pages = []
    for url in urls:
        rows, cursor = [], None
        for limit in (7, 20, 100):
            body = {"q": text, "limit": limit, "collapse": "messageId"} | ({"cursor": cursor} if cursor else {})
            status, said = call("POST", f"{url}/v1/search", body)
            rows.append((status, said.get("collapsed"), said.get("count"), [{name: value for name, value in one.items() if name != "score"} for one in said.get("results", [])]))
            cursor = said.get("nextCursor")
            if not cursor:
                break
        pages.append(rows)
    if pages[0] != pages[1]:
        shown.append(("rows", text, json.dumps(pages[0])[:400], json.dumps(pages[1])[:400]))


def reported(tenant, config, urls, local, docs):
    """Search-term reports of both over drawn lines: every number of every line, over HTTP and on the command line."""
    lines = draw.lines(LINES, POSTERN, str(local), [json.loads(line) for line in open(docs)][:5000], 7)
    # Some stand for more conditions than a cluster takes at once, and such a line stops no other.
    wide = ("wide", " OR ".join(f"w{number}" for number in range(400)))
    first = report_of(urls[0], lines + [wide])
    apart = {line["query"] for line in first["lines"] if any(one["code"] == "too_costly" for one in line["errors"])}
    lines = [one for one in lines if one[1] not in apart]
    began = time.monotonic()
    there = report_of(urls[0], lines)
    took = time.monotonic() - began
    here = report_of(urls[1], lines)
    shown = [(one, two) for one, two in zip(plain(there["lines"]), plain(here["lines"]), strict=True) if one != two]
    rest = [name for name in there if name not in ("lines", "made", "coverage") and plain(there[name]) != plain(here[name])]
    for one in shown[:3]:
        print("    ", *(json.dumps(line)[:400] for line in one), sep="\n       ")
    counted = sum("matches" in line for line in there["lines"])
    by = {line["servedBy"]["engine"] for line in there["lines"] if "servedBy" in line}
    check(not shown and not rest and counted > LINES / 2 and by == {"cluster"} and wide[1] in apart,
          f"a report of {len(lines)} lines, {counted} of them counted in {took:.1f} s, is that of the local index; {len(apart)} over a limit; different: {len(shown)} {rest}")
    terms = WORK / "terms"
    terms.write_text("".join(f"{name}\t{query}\n" for name, query in lines))
    with open(WORK / "report.json", "wb") as out:
        child = subprocess.Popen([POSTERN, "--config", config, "--data", WORK / f"written-{tenant}", "report", terms, "--format", "json", "--engine", "cluster",
                                  "--tenant", tenant, "--quiet"], stdout=out)
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    told = json.load(open(WORK / "report.json")) if child.returncode in (0, 3) else {}
    check(plain(told.get("lines")) == plain(there["lines"]), f"and `postern report --engine cluster` says the same, with {used.ru_maxrss // 1024} MiB")


def report_of(url, lines, key=None):
    """The report of a gateway, once it is made."""
    status, job = asked_as(key, "POST", f"{url}/v1/reports", {"terms": "".join(f"{name}\t{query}\n" for name, query in lines)})
    end = time.monotonic() + 600
    while status in (200, 202) and job["state"] in ("waiting", "running") and time.monotonic() < end:
        time.sleep(0.1)
        status, job = asked_as(key, "GET", url + job["links"]["self"])
    assert status == 200 and job["state"] == "done", (status, job)
    return asked_as(key, "GET", url + job["links"]["result"])[1]


def asked_as(key, method, url, body=None):
    """What a key is told: the status, and the body as it is or as JSON."""
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode(), method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    try:
        return status, json.loads(text or b"null")
    except ValueError:
        return status, text.decode(errors="replace")


def plain(report):
    """A report without what depends on when and of whom it was made."""
    if isinstance(report, list):
        return [plain(one) for one in report]
    if not isinstance(report, dict):
        return report
    in_order = lambda name, one: sorted(one, key=json.dumps) if name == "items" and isinstance(one, list) else one
    return {name: in_order(name, plain(one)) for name, one in report.items() if name not in ("coverage", "made", "servedBy")}


def saved(url):
    put = call("PUT", f"{url}/v1/saved/mine", {"q": "the"})
    count = call("POST", f"{url}/v1/search", {"q": "the", "limit": 0})[1]["count"]["value"]
    check(put[0] == 200 and put[1].get("count") == count, f"a saved search counts what it finds: {count}; {put[0]} {put[1].get('count', put[1])}")
    secret = call("POST", f"{url}/v1/search", {"q": "", "limit": 1})[1]["results"][0]["id"]
    status, ticket = call("POST", f"{url}/v1/tickets", {"message": secret})
    page = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", url + ticket.get("path", "/")], capture_output=True, text=True)
    check(status == 200 and page.stdout == "200", "a ticket opens a message")
    check(call("GET", f"{url}/v1/status")[1]["engines"]["cluster"]["store"]["health"] in ("green", "yellow"), "the status says how the cluster is")


def pages(url):
    """The union of all pages, of orders with equal and with missing values."""
    for text in ["sort:subject", "sort:oldest", "sort:sender", "the OR a*"]:
        whole = walk(url, text, 1000, 20)
        check(len(set(whole)) == len(whole) and all(walk(url, text, size, most) == whole[:size * most] for size, most in ((7, 40), (1, 60))),
              f"pages of 1, 7 and 1,000 agree: {text} ({len(whole)})")


def unions(tenants):
    """All pages by 1, 7 and 1,000 of messages that have equal values, or none, to sort by."""
    folder = WORK / "equal"
    folder.mkdir()
    for number in range(36):
        subject = ["Subject: same\n", "", f"Subject: s{number}\n"][number % 3]
        date = ["Date: Mon, 1 Jan 2024 10:00:00 +0000\n", "", f"Date: Tue, {1 + number % 28} Feb 2022 10:00:00 +0000\n"][number // 3 % 3]
        sender = ["From: a@x.example\n", "", f"From: p{number}@x.example\n"][number // 9 % 3]
        (folder / f"{number}.eml").write_text(f"{sender}{subject}{date}Message-ID: <{number}@equal>\n\nwords\n")
    _, config, local = tenants.add(folder)
    wrong = []
    with both(config, local) as urls:
        for text in ("sort:subject", "sort:oldest", "sort:newest", "sort:sender", "sort:largest", "words sort:subject"):
            whole, own = (walk(url, text, 1000, 1) for url in urls)
            parts = [walk(urls[0], text, size, 40) for size in (1, 7)]
            if len(set(whole)) != 36 or own != whole or parts != [whole, whole]:
                wrong.append((text, len(whole), [len(part) for part in parts], own == whole))
    check(not wrong, f"pages of 1, 7 and 1,000 have the same union, in the order of the local index, with equal and missing values; different: {wrong}")


def walk(url, text, size, most):
    ids, cursor = [], None
    for _ in range(most):
        status, page = call("POST", f"{url}/v1/search", {"q": text, "limit": size} | ({"cursor": cursor} if cursor else {}))
        assert status == 200, (text, size, page)
        ids += [one["id"] for one in page["results"]]
        cursor = page.get("nextCursor")
        if not cursor:
            break
    return ids


# ---- what is long or much ----

LENGTHS = [254, 255, 256, 300, 511, 32_767]


def extremes(tenants):
    """Tokens of every length that matters, a mail to 10,001 people, a text of 1.2 million characters, and clauses about the limit."""
    folder = WORK / "extremes"
    folder.mkdir()
    for length in LENGTHS:
        (folder / f"{length}.eml").write_text(f"From: a@x.example\nSubject: {'x' * length}\nMessage-ID: <{length}@x>\n\n{'y' * length} body\n")
    people = ",\n ".join(f"p{number} <p{number}@many.example>" for number in range(10_001))
    (folder / "many.eml").write_text(f"From: a@x.example\nTo: {people}\nSubject: many\nMessage-ID: <many@x>\n\nbody\n")
    # More than an engine's own highlighter looks at.
    (folder / "long.eml").write_text(f"Subject: long\nMessage-ID: <long@x>\n\n{'plain words ' * 100_000} needleend\n")
    _, config, local = tenants.add(folder)
    shown, apart = [], collections.Counter()
    queries = ["to:p10000@many.example", "to:p0@many.example", "to:p10001@many.example", "to:@many.example", "sort:subject"]
    for length in LENGTHS:
        for letter, field in (("x", "subject"), ("y", "body")):
            queries += [f"{field}:{letter * length}", f"{field}:{letter * (length - 1)}*", f"{field}:{letter * min(length, 255)}"]
        queries.append(f'subject:"{"x" * length}"')
    clauses = lambda many: " OR ".join(f"subject:w{number}" for number in range(many))
    with both(config, local) as urls:
        for text in queries + [clauses(1000)]:
            answers = [call("POST", f"{url}/v1/search", {"q": text, "limit": 0}) for url in urls]
            (status, one), (_, two) = answers
            if status == 400 and one["type"].endswith(("cluster_cannot", "too_costly")):
                apart[one.get("detail", one["title"])[:70]] += 1
            elif (status, one.get("count")) != (answers[1][0], two.get("count")):
                shown.append((text[:60], len(text), status, one.get("count", one), two.get("count", two)))
        marked = [call("POST", f"{url}/v1/search", {"q": "needleend", "limit": 5, "highlight": True})[1]["results"] for url in urls]
        snippets = [[one["snippet"]["text"] for one in results] for results in marked]
        if snippets[0] != snippets[1] or len(snippets[0]) != 1:
            shown.append(("a snippet of a long text", snippets))
        for many, expected in ((1000, 200), (1025, 400)):
            status, body = call("POST", f"{urls[0]}/v1/search", {"q": clauses(many), "limit": 0})
            apart[f"{many} clauses: {status} {body.get('code', '')}"] += 1
            if status != expected:
                shown.append((f"{many} clauses", status, body))
        for many, expected in ((250, 200), (342, 400)):
            # A word is looked for in three fields at least: of 342 these are 1,026 clauses.
            text = " OR ".join(f"w{number}" for number in range(many))
            for limit in (0, 5):
                status, body = call("POST", f"{urls[0]}/v1/search", {"q": text, "limit": limit})
                apart[f"{many} words: {status} {body.get('code', '')}"] += 1
                if status != expected:
                    shown.append((many, limit, status, body))
        status, _ = call("POST", f"{urls[0]}/v1/search", {"q": "body", "limit": 0})
        if status != 200:
            shown.append(("after them", status))
    for one in shown[:6]:
        print("    ", one)
    print(f"     apart: {dict(apart)}")
    check(not shown, f"{len(queries)} queries for tokens of {LENGTHS} bytes and of 10,001 people, and 1,025 clauses")


# ---- premium before it ----

FAULTS = ["status:404", "status:429", "status:503", "hang", "truncate", "html", "reset"]
MORE_FAULTS = ["status:402", "status:403", "status:409", "status:429:2", "status:500", "status:501", "status:502", "slow:9000", "garbage", "redirect"]


def behind_premium(tenants, docs):
    """The documented uses while premium fails in each way, without a local index: the cluster answers, and the reason is told."""
    _, config, _ = tenants.add(docs, tenant=stand_in.TENANT)
    path = WORK / "behind.toml"
    path.write_text(f'listen = "127.0.0.1:0"\n[cluster]\nurls = {json.dumps(tenants.nodes.urls)}\n')
    premium, upstream = stand_in.stand_in(PREMIUM, docs)
    documents = lambda base, use: f"{base}/api/{stand_in.TENANT}/indexes/{stand_in.INDEX}/documents?" + urllib.parse.urlencode({"top": 50, **use})
    count = lambda base, use: asked_as(stand_in.KEY, "GET", documents(base, use))[1].get("Count")
    flags = ["--premium", upstream, "--tenant", stand_in.TENANT, "--key", stand_in.KEY, "--deadline", "8s"]
    try:
        expected, told = [count(upstream, use) for use in stand_in.USES], []
        for fault in FAULTS + (MORE_FAULTS if FULL else []):
            # A fresh gateway for each fault: what it remembers of the last one must not help.
            with serving(path, flags) as url:
                call("POST", f"{upstream}/_control", {"search": fault})
                for use, right in list(zip(stand_in.USES, expected))[:2 if fault in ("hang", "slow:9000") else None]:
                    command = ["curl", "-sS", "-D", "-", "-H", f"X-API-Key: {stand_in.KEY}", documents(url, use)]
                    head, _, body = subprocess.run(command, capture_output=True, text=True).stdout.partition("\n\n")
                    served = "postern-served-by: cluster" in head.lower() and "postern-reason: " in head.lower()
                    if not served or json.loads(body).get("Count") != right:
                        told.append((fault, use, head, body[:300], right))
                call("POST", f"{upstream}/_control", {"search": "ok"})
        for status in (400, 401):
            with serving(path, flags) as url:
                call("POST", f"{upstream}/_control", {"search": f"status:{status}"})
                said = asked_as(stand_in.KEY, "GET", documents(url, stand_in.USES[0]))[0]
                call("POST", f"{upstream}/_control", {"search": "ok"})
            if said != status:
                told.append((status, said))
    finally:
        premium.kill()
    for one in told[:5]:
        print("    ", one)
    check(not told and all(expected), f"premium fails in {len(FAULTS + (MORE_FAULTS if FULL else []))} ways before a gateway with the cluster alone: the same counts {expected}; 400 and 401 are passed on")


@contextlib.contextmanager
def serving(config, flags):
    """A gateway with these flags."""
    process, line = stand_in.start(POSTERN, "--config", str(config), "--data", str(WORK / "nothing"), "--quiet", "serve", *flags)
    try:
        yield line.split()[-1].rstrip("/")
    finally:
        process.terminate()
        process.wait()


# ---- two tenants ----

def isolated(nodes, docs):
    """Keys of two tenants, and one that sees a mailbox: nobody sees what is not theirs, on any path."""
    lines = [json.loads(line) for line in open(docs)]
    keys, config = {}, f'engines = ["cluster"]\ndeadline = "20s"\nlisten = "127.0.0.1:0"\n[cluster]\nurls = {json.dumps(nodes.urls)}\n[index]\nto = "cluster"\n'
    for tenant in ("one", "two"):
        folder = WORK / f"isolated-{tenant}"
        folder.mkdir()
        for mailbox in ("ann", "bob"):
            (folder / f"{mailbox}.jsonl").write_text(json.dumps(lines[0] | {
                "id": f"{tenant}-{mailbox}", "subject": f"secret of {tenant} {mailbox}", "mailbox": mailbox, "folder": f"folder-{tenant}-{mailbox}",
                "fromAddress": f"{mailbox}@{tenant}.example"}) + "\n")
        config += f'[[tenants]]\nid = "{tenant}"\ndata = "{WORK}/nothing-{tenant}"\n'
        for name, mailboxes in ((tenant, None), (f"{tenant}-ann", ["ann"])):
            keys[name] = hashlib.sha256(name.encode()).hexdigest()
            config += f'[[keys]]\nname = "{name}"\nsha256 = "{keys[name]}"\ntenant = "{tenant}"\nrights = ["export", "evidence"]\n' + (f"mailboxes = {json.dumps(mailboxes)}\n" if mailboxes else "")
    path = WORK / "isolated.toml"
    path.write_text(config)
    for tenant in ("one", "two"):
        call("DELETE", f"{nodes.live()}/postern-{tenant}-v1")
        for command in (["cluster", "init", "--tenant", tenant], ["index", "--to", "cluster", "--tenant", tenant, f"{WORK}/isolated-{tenant}"]):
            done = subprocess.run([POSTERN, "--config", path, "--data", WORK / f"isolated-data-{tenant}", *command], capture_output=True, text=True)
            assert done.returncode == 0, (command, done.stderr)
        call("POST", f"{nodes.live()}/postern-{tenant}/_refresh")
    told, asked_for = [], 0
    with judge.gateway(path) as url:
        for name in keys:
            tenant, _, mailbox = name.partition("-")
            own, hidden = of_key(name)
            uris = ["/v1/search?q=secret&highlight=true&facets=sender,domain,mailbox,folder,source", "/v1/search?filter=" + urllib.parse.quote("mailbox eq 'bob'"),
                    "/v1/search?q=-nothing", "/v1/complete?q=from:", "/v1/complete?q=in:", "/v1/complete?q=mailbox:", f"/api/{tenant}/indexes/mail/documents?query=secret",
                    "/v1/status", "/metrics", "/readyz"]
            uris += [f"/v1/{kind}/{one}" for kind in ("messages", "threads", "items") for one in sorted(hidden | own)]
            for uri in [*uris, "export"]:
                command = ["curl", "-sS", "-H", f"X-API-Key: {name}", url + uri]
                if uri == "export":
                    command = ["curl", "-sS", "-H", f"X-API-Key: {name}", "-H", "content-type: application/json", "-d", '{"format":"jsonl"}', f"{url}/v1/export"]
                said = subprocess.run(command, capture_output=True, text=True).stdout
                asked_for += 1
                if words := heard(hidden, said):
                    told.append((name, uri, words))
            status, body = call_as(name, f"{url}/v1/search?q=secret&limit=0")
            if status != 200 or body["count"]["value"] != len(own):
                told.append((name, "count", status, body))
        kept, wrong = evidence(url, keys)
        news = new_hits(nodes, path, url, keys, lines[0])
    for one in told[:5] + wrong[:5]:
        print("    ", one)
    check(not told, f"two tenants and four keys: {asked_for} requests, and nobody hears of what is not theirs")
    check(not wrong, f"sets, holds, reports, saved searches and exports of them: {kept} requests, each with what its key may see")
    check(news == {"one": 1, "one-ann": 1, "two": 0, "two-ann": 0}, f"what is new in a saved search is told to those whose it is: {news}")


def of_key(name):
    """The ids that a key may see, and those of the others."""
    tenant, _, mailbox = name.partition("-")
    own = {f"{tenant}-{box}" for box in ("ann", "bob") if not mailbox or box == mailbox}
    return own, {f"{one}-{box}" for one in ("one", "two") for box in ("ann", "bob")} - own


def heard(hidden, said):
    """The words of hidden messages in an answer."""
    words = lambda one: (f"secret of {one.replace('-', ' ')}", f"folder-{one}", "@".join(reversed(one.split("-"))) + ".example")
    return [word for one in hidden for word in words(one) if word in said]


def evidence(url, keys):
    """What each key freezes, holds, reports, saves and exports."""
    wrong, count = [], 0
    for name in keys:
        own, hidden = of_key(name)

        def ask(method, path, body=None, expected=200):
            nonlocal count
            count += 1
            status, said = asked_as(name, method, url + path, body)
            text = said if isinstance(said, str) else json.dumps(said)
            if status != expected or heard(hidden, text):
                wrong.append((name, method, path, status, text[:200]))
            return said if isinstance(said, dict) else {"text": said}

        def same(what, said, right):
            if said != right:
                wrong.append((name, what, said, right))

        same("frozen", ask("PUT", f"/v1/sets/of-{name}", {"q": "secret"}).get("count"), len(own))
        same("ids", set(ask("GET", f"/v1/sets/of-{name}/ids").get("ids", [])), own)
        same("set in a query", ask("GET", f"/v1/search?q=set:of-{name}&limit=0").get("count"), {"value": len(own), "exact": True})
        # A hold is for keys that see the whole tenant.
        may = 403 if name.endswith("-ann") else 200
        held = ask("POST", f"/v1/sets/of-{name}/hold", {}, may)
        same("held", held.get("held", 0) + len(held.get("notHeld", [])), len(own) if may == 200 else 0)
        ask("POST", f"/v1/sets/of-{name}/release", {}, may)
        sets = {one["name"]: one["count"] for one in ask("GET", "/v1/sets").get("sets", [])}
        same("sets of the tenant", all(one.startswith("of-" + name.partition("-")[0]) for one in sets), True)
        report = report_of(url, [("all", "secret"), ("bob", "mailbox:bob")], name)
        same("report", [line["matches"] for line in report["lines"]], [len(own), sum(one.endswith("bob") for one in own)])
        same("report by", {one["name"] for one in report["lines"][0]["mailboxes"]}, {one.partition("-")[2] for one in own})
        same("heard in a report", heard(hidden, json.dumps(report)), [])
        same("saved", ask("PUT", "/v1/saved/mine", {"q": "secret"}).get("count"), len(own))
        for form in ("csv", "jsonl", "mbox"):
            text = json.dumps(ask("POST", "/v1/export", {"q": "secret", "format": form}))
            # No original is kept, so a mailbox file has a note for each.
            same(form, all(one in text for one in own), form != "mbox" or all(one in text for one in own))
    return count, wrong


def new_hits(nodes, config, url, keys, document):
    """One more message of the first tenant."""
    new = WORK / "isolated-one" / "new.jsonl"
    new.write_text(json.dumps(document | {"id": "one-new", "subject": "secret and new", "mailbox": "ann"}) + "\n")
    done = subprocess.run([POSTERN, "--config", config, "--data", WORK / "isolated-data-one", "index", "--to", "cluster", "--tenant", "one", new], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    call("POST", f"{nodes.live()}/postern-one/_refresh")
    # Results that begin within two seconds of one another are of one state of the index (docs/cluster.md).
    time.sleep(2.5)
    return {name: asked_as(name, "GET", f"{url}/v1/saved")[1]["searches"][0].get("new", 0) for name in keys}


def call_as(key, url):
    said = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", "-H", f"X-API-Key: {key}", url], capture_output=True, text=True).stdout
    body, _, status = said.rpartition("\n")
    return int(status), json.loads(body)


# ---- trouble ----

def under_trouble(url, what, begin, end, seconds):
    """Asks all the while: each answer is right, or a refusal."""
    texts = [f"subject:{letter}*" for letter in "abcdefgh"] + [""]
    ask = lambda text, patience=60: call("POST", f"{url}/v1/search", {"q": text, "limit": 5, "engine": "cluster"}, patience)
    shown = lambda body: (body["count"]["value"], [one["id"] for one in body["results"]])
    right = {text: shown(ask(text)[1]) for text in texts}
    beginner = threading.Timer(0.5, begin)
    beginner.start()
    answers, until, slowest = collections.Counter(), time.monotonic() + seconds, 0
    def one(text):
        began = time.monotonic()
        status, body = ask(text)
        return status, body, time.monotonic() - began
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        while time.monotonic() < until:
            for text, (status, body, took) in zip(texts, pool.map(one, texts)):
                slowest = max(slowest, took)
                is_right = status == 200 and shown(body) == right[text] and body["count"]["exact"]
                is_told = status in (502, 503, 504) and (body.get("detail") or body.get("title"))
                answers["right" if is_right else f"refused {status}" if is_told else f"wrong {status}"] += 1
    beginner.join()
    end()
    check(well(url), f"all is well after {what}")
    wrong = sum(count for name, count in answers.items() if name.startswith("wrong"))
    check(wrong == 0 and answers["right"] > 0, f"{what}: {dict(answers)}, the slowest in {slowest:.1f} s")


def well(url):
    """Waits until the gateway is answered again: nodes and breaker need a while."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if all(call("POST", f"{url}/v1/search", {"q": text, "limit": 5, "engine": "cluster"})[0] == 200 for text in ("", "subject:a*")):
            return True
        time.sleep(1)
    return False


def trouble(nodes, url):
    order = nodes.order
    under_trouble(url, "a node killed while reading", lambda: order("kill", 2), lambda: [order("start", 2), nodes.wait_for("green")], 6)
    under_trouble(url, "a node paused while reading", lambda: order("pause", 2), lambda: [order("resume", 2), nodes.wait_for("green")], 40 if FULL else 15)
    under_trouble(url, "two of three nodes killed while reading", lambda: [order("kill", 1), order("kill", 2)],
                  lambda: [order("start", 1), order("start", 2), nodes.wait_for("green")], 15)


def few_states(nodes, url):
    """A cluster that keeps no more states of an index."""
    setting = lambda value: call("PUT", f"{nodes.live()}/_cluster/settings", {"transient": {"search.max_open_pit_context": value}})
    first = call("POST", f"{url}/v1/search", {"q": "", "limit": 3})
    opened = call("GET", f"{nodes.live()}/_search/point_in_time/_all")[1]
    setting(1)
    time.sleep(2.5)
    later = call("POST", f"{url}/v1/search", {"q": "", "limit": 3})
    setting(None)
    same = [one["id"] for one in first[1]["results"]] == [one["id"] for one in later[1].get("results", [])]
    check(later[0] == 200 and same, f"no more than one state of the index is kept ({len(opened.get('pits', []))} were open): {later[0]}")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        began = time.monotonic()
        all(pool.map(lambda _: call("POST", f"{url}/v1/search", {"q": "", "limit": 3}), range(200)))
        took = time.monotonic() - began
    pits = call("GET", f"{nodes.live()}/_search/point_in_time/_all")[1].get("pits", [])
    check(len(pits) <= len(opened.get("pits", [])) + took / 2 + 3, f"200 searches in {took:.1f} s: {len(pits)} states are open")


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    judge.prepared()
    began, small = time.monotonic(), documents("small.jsonl", [MAIL])
    docs = documents("documents.jsonl", [PACKS / name for name in NAMES]) if FULL else small
    print(f"     {sum(1 for _ in open(docs))} documents in {time.monotonic() - began:.0f} s", flush=True)
    with Nodes() as nodes:
        tenants = Tenants(nodes)
        tenant, config, local = tenants.add(docs)
        nodes.wait_for("green")
        print(f"     in the cluster and in the local index after {time.monotonic() - began:.0f} s", flush=True)
        with both(config, local) as urls:
            drawn(tenant, urls[0], local, docs)
            read(urls, docs)
            reported(tenant, config, urls, local, docs)
            saved(urls[0])
            pages(urls[0])
            few_states(nodes, urls[0])
        laws(tenants, small)
        recorded(tenants)
        known(tenants)
        unions(tenants)
        extremes(tenants)
        behind_premium(tenants, small)
        isolated(nodes, docs)
        with judge.gateway(config) as url:
            trouble(nodes, url)
    print(f"{len(judge.failures)} failed, in {time.monotonic() - began:.0f} s")
    sys.exit(1 if judge.failures else 0)


if __name__ == "__main__":
    main()
