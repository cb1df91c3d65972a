#!/usr/bin/env python3
"""A gateway whose only index lies in a real OpenSearch, before the local index and the stand-in of premium.

    reading.py POSTERN CLUSTER PREMIUM_FOLDER MAIL WORK [PACKS]

CLUSTER is the folder of the launcher of the nodes, MAIL a folder of mail, PACKS a folder with three packs of mail.
The same mail lies in the cluster, in a local index and in the stand-in. Of drawn requests, of what people type, of the
recorded slice and of known answers the counts, sets, orders and refusals must be the same; the laws of meaning must
hold; pages of 1, 7 and 1,000 must have the same union. Whatever else can be read (completion, conversations,
messages, exports, marks, saved searches) must be the same from a gateway with the cluster alone and from one with
the local index alone. Then nodes are paused and killed, and states of the index refused, while queries run: each
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
import urllib.parse

import judge
from judge import CLUSTER, MAIL, POSTERN, PREMIUM, TENANT, WORK, Nodes, call, check, of_gateway, over_a_limit

PACKS = pathlib.Path(sys.argv[6]) if len(sys.argv) > 6 else None
FULL = bool(os.environ.get("CLUSTER_FULL"))
CASES, LAWS, OF_PACK = (5000, 2000, 4000) if FULL else (120, 60, 0)
HERE = pathlib.Path(__file__).resolve().parents[3]
NAMES = ["spamassassin", "list-archive", "cypherpunks-1994"]


# ---- the same mail in three places ----

class Tenants:
    """Tenants of one cluster, each with an index of its own, and a gateway over each of them."""

    def __init__(self, nodes):
        self.nodes, self.made = nodes, 0

    def add(self, *paths):
        """A new tenant with that mail in the cluster and in a local index: its settings and that index."""
        self.made += 1
        tenant = f"t{self.made}"
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
    folders = [PACKS / name for name in ["spamassassin", "odd", "cypherpunks-1994"]] if PACKS else []
    if not FULL or not folders or not all(folder.is_dir() for folder in folders):
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


def reported(urls, docs):
    """A search-term report of both: every number of every query."""
    terms, told = "\n".join(text for text in typed(docs) if "sort:" not in text), []
    for url in urls:
        status, job = call("POST", f"{url}/v1/reports", {"terms": terms + "\nsubject:(\n"})
        end = time.monotonic() + 120
        while status in (200, 202) and job["state"] in ("waiting", "running") and time.monotonic() < end:
            time.sleep(0.1)
            status, job = call("GET", url + job["links"]["self"])
        report = call("GET", url + job["links"]["result"])[1] if job.get("state") == "done" else job
        told.append(plain(report))
    lines = told[0].get("lines", [])
    counted = sum("matches" in line for line in lines)
    if told[0] != told[1]:
        for one, two in zip(lines, told[1].get("lines", [])):
            if one != two:
                print("    ", json.dumps(one)[:400], "\n    ", json.dumps(two)[:400])
                break
        print("    ", json.dumps(told[0])[-600:], "\n    ", json.dumps(told[1])[-600:])
    check(told[0] == told[1] and counted > 20, f"a report of {len(lines)} queries, {counted} counted, is that of the local index")


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
        whole = walk(url, text, 1000, 10)
        check(len(set(whole)) == len(whole) and all(walk(url, text, size, most) == whole[:size * most] for size, most in ((7, 40), (1, 60))),
              f"pages of 1, 7 and 1,000 agree: {text} ({len(whole)})")


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
    """Tokens of every length that matters, a mail to 10,001 people, and as many clauses as are allowed and one more."""
    folder = WORK / "extremes"
    folder.mkdir()
    for length in LENGTHS:
        (folder / f"{length}.eml").write_text(f"From: a@x.example\nSubject: {'x' * length}\nMessage-ID: <{length}@x>\n\n{'y' * length} body\n")
    people = ",\n ".join(f"p{number} <p{number}@many.example>" for number in range(10_001))
    (folder / "many.eml").write_text(f"From: a@x.example\nTo: {people}\nSubject: many\nMessage-ID: <many@x>\n\nbody\n")
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


# ---- two tenants ----

def isolated(nodes, docs):
    """Keys of two tenants, and one that sees a mailbox: nobody sees what is not theirs, on any path."""
    lines = [json.loads(line) for line in open(docs)]
    keys, config = {}, f'engines = ["cluster"]\nlisten = "127.0.0.1:0"\n[cluster]\nurls = {json.dumps(nodes.urls)}\n'
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
            config += f'[[keys]]\nname = "{name}"\nsha256 = "{keys[name]}"\ntenant = "{tenant}"\n' + (f"mailboxes = {json.dumps(mailboxes)}\n" if mailboxes else "")
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
            own = {f"{tenant}-{box}" for box in ("ann", "bob") if not mailbox or box == mailbox}
            hidden = {f"{one}-{box}" for one in ("one", "two") for box in ("ann", "bob")} - own
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
                words = [word for one in hidden for word in (f"secret of {one.replace('-', ' ')}", f"folder-{one}", "@".join(reversed(one.split("-"))) + ".example") if word in said]
                if words:
                    told.append((name, uri, words))
            status, body = call_as(name, f"{url}/v1/search?q=secret&limit=0")
            if status != 200 or body["count"]["value"] != len(own):
                told.append((name, "count", status, body))
    for one in told[:5]:
        print("    ", one)
    check(not told, f"two tenants and four keys: {asked_for} requests, and nobody hears of what is not theirs")


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
            reported(urls, docs)
            saved(urls[0])
            pages(urls[0])
            few_states(nodes, urls[0])
        laws(tenants, small)
        recorded(tenants)
        known(tenants)
        extremes(tenants)
        isolated(nodes, docs)
        with judge.gateway(config) as url:
            trouble(nodes, url)
    print(f"{len(judge.failures)} failed, in {time.monotonic() - began:.0f} s")
    sys.exit(1 if judge.failures else 0)


if __name__ == "__main__":
    main()
