#!/usr/bin/env python3
"""What the gateway costs beside the bare request to a cluster, and whether its memory stays flat.

    cluster.py POSTERN CLUSTER PREMIUM_FOLDER MAIL WORK

MAIL is a folder of mail, CLUSTER the folder of the launcher of the nodes. Each search is asked of the nodes in turn, with
the body that Postern emits and the members of documents that a page shows, and of a gateway with the cluster alone.
BENCH_ROUNDS (40) is how often, BENCH_SEARCHES (20,000) how many searches memory is watched over.
"""
import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import statistics
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / ".ci/judges/cluster"))
import judge  # noqa: E402
import reading  # noqa: E402
from judge import MAIL, POSTERN, WORK, Nodes, call  # noqa: E402

ROUNDS, SEARCHES = int(os.environ.get("BENCH_ROUNDS", "40")), int(os.environ.get("BENCH_SEARCHES", "20000"))
SEARCHED = ["invoice", "the", "subject:re", '"of the"', "from:a*", "re* sort:oldest", "has:attachment sort:newest", "date:2002 money"]
HIDDEN = ["conversations", "attachmentTexts", "attachmentNames", "toNames", "toAddresses", "ccNames", "ccAddresses", "bccNames", "bccAddresses",
          "fileName", "people", "body"]


class Kept:
    """A connection that stays open, as clients of both keep theirs."""

    def __init__(self, url):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)

    def post(self, path, body):
        began = time.perf_counter()
        self.connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, (answer.status, text[:300])
        return time.perf_counter() - began


def bare(url, text):
    """The body that is emitted for a query, as a page asks for it."""
    said = call("POST", f"{url}/v1/translate", {"q": text})[1]
    return said["targets"]["elasticsearch"]["sent"] | {"size": 26, "track_total_hits": True, "_source": {"excludes": HIDDEN}}


def is_gateway(process, config):
    try:
        return str(config).encode() in (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def memory(process):
    fields = dict(line.split(":", 1) for line in open(f"/proc/{process}/status"))
    return int(fields["RssAnon"].split()[0]) // 1024


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    judge.prepared()
    with Nodes() as nodes:
        tenant, config, _ = reading.Tenants(nodes).add(MAIL)
        nodes.wait_for("green")
        with judge.gateway(config) as url:
            # The gateway asks the nodes in turn. One that is asked three times as often as the others would be faster.
            gateway, bares = Kept(url), [Kept(one) for one in nodes.urls]
            print(f"{call('GET', nodes.urls[0] + f'/postern-{tenant}/_count')[1]['count']} messages, {ROUNDS} rounds, one client")
            ratios = []
            for text in SEARCHED:
                body, own, theirs = bare(url, text), [], []
                for number in range(ROUNDS + 6):
                    theirs.append(bares[number % len(bares)].post(f"/postern-{tenant}/_search", body))
                    own.append(gateway.post("/v1/search", {"q": text, "engine": "cluster"}))
                own, theirs = statistics.median(own[6:]), statistics.median(theirs[6:])
                ratios.append(own / theirs)
                print(f"{text:32} bare {theirs * 1000:6.1f} ms, gateway {own * 1000:6.1f} ms, ratio {own / theirs:.2f}", flush=True)
            print(f"median ratio {statistics.median(ratios):.2f}")
            process = next(int(one.name) for one in pathlib.Path("/proc").iterdir() if one.name.isdigit() and is_gateway(one, config))
            watched(url, process)


def watched(url, process):
    """Memory while many searches run, eight at a time."""
    clients = [Kept(url) for _ in range(8)]
    def some(client):
        for number in range(SEARCHES // 80):
            client.post("/v1/search", {"q": SEARCHED[number % len(SEARCHED)], "engine": "cluster", "highlight": True, "limit": 100})
    began, seen = time.perf_counter(), [memory(process)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            list(pool.map(some, clients))
            seen.append(memory(process))
    print(f"memory in MiB over {SEARCHES} searches in {time.perf_counter() - began:.0f} s: {seen}")


if __name__ == "__main__":
    main()
