#!/usr/bin/env python3
"""Mail into a cluster, beside a bare bulk loader of the same documents: cluster_writing.py POSTERN CLUSTER WORK [COUNT] [ROUNDS]

CLUSTER is the folder of the launcher of the nodes. COUNT messages (20,000) of some 50 to 1,500 words are made in WORK, as
one mailbox (mbox). Each round writes them into an index of its own with `postern index --to cluster`, which reads, parses
and notes them too. Then the documents that are there are loaded into another index of the same form by a program that
does nothing else: batches of the same size, as many at a time, ready on its side before the clock starts. Rounds take
turns, and the medians count. CLUSTER_TOLD is a file with the line of a launcher that runs already.
"""
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.request

# As `Pace` of the writer has them.
ITEMS, BYTES, BATCHES = 500, 4 << 20, 4


def call(method, url, body=None):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())


def make(work, count):
    """A mailbox with words as frequent as in a language, the same one in every run."""
    dice = random.Random(4)
    letters = "etaoinshrdlucmfw"
    known = ["".join(dice.choices(letters, k=dice.randint(2, 9))) for _ in range(20_000)]
    weights = [1 / (rank + 3) for rank in range(len(known))]
    path = work / "mail.mbox"
    with open(path, "w") as out:
        for number in range(count):
            words = dice.choices(known, weights, k=int(50 * 30 ** dice.random()))
            sender, subject = dice.choice(known), " ".join(words[:6])
            lines = [" ".join(words[at:at + 12]) for at in range(0, len(words), 12)]
            out.write(f"From a@x Mon Jan  5 10:00:00 2026\nFrom: {sender}@x.example\nTo: b@y.example\nSubject: {subject}\n"
                      f"Message-ID: <{number}@x>\nDate: Mon, {number % 27 + 1} Jan 2026 10:00:00 +0000\n\n")
            out.write("\n".join(lines) + "\n\n")
    return path


def batches(url, index):
    """The documents of an index as ready bulk requests."""
    ready, lines, size, after = [], [], 0, None
    while True:
        body = {"size": 1000, "sort": [{"id": "asc"}]} | ({"search_after": after} if after else {})
        hits = call("POST", f"{url}/{index}/_search", body)["hits"]["hits"]
        if not hits:
            break
        after = hits[-1]["sort"]
        for hit in hits:
            document = json.dumps(hit["_source"], ensure_ascii=False)
            if len(lines) >= 2 * ITEMS or size + len(document) > BYTES:
                ready.append("".join(lines).encode())
                lines, size = [], 0
            lines += [json.dumps({"create": {"_id": hit["_id"]}}) + "\n", document + "\n"]
            size += len(document)
    return ready + ["".join(lines).encode()]


def bare(url, index, body, ready):
    call("PUT", f"{url}/{index}", body)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(BATCHES) as pool:
        for answer in pool.map(lambda one: call("POST", f"{url}/{index}/_bulk", one), ready):
            assert not answer["errors"], str(answer)[:300]
    call("POST", f"{url}/{index}/_refresh")
    return time.monotonic() - began


def main():
    program, launcher, work = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    count, rounds = (int(text) for text in (sys.argv[4:] + ["20000", "3"][len(sys.argv) - 4:])[:2])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    process = None
    if "CLUSTER_TOLD" in os.environ:
        line = pathlib.Path(os.environ["CLUSTER_TOLD"]).read_text()
    else:
        command = [f"{launcher}/cluster", "serve", "--nodes", "3", "--set", "cluster.routing.allocation.disk.threshold_enabled=false"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline()
    url = json.loads(line)["urls"][0]
    (work / "postern.toml").write_text(f'[cluster]\nurls = {json.dumps(json.loads(line)["urls"])}\nindex = "bench"\n')
    mailbox, times = make(work, count), {"postern": [], "bare": []}
    postern = lambda *arguments: subprocess.run(
        [program, "--config", work / "postern.toml", "--data", work / "data", *arguments], check=True, capture_output=True, text=True).stdout
    try:
        for _ in range(rounds):
            shutil.rmtree(work / "data", ignore_errors=True)
            postern("cluster", "init")
            began = time.monotonic()
            done = json.loads(postern("index", "--to", "cluster", "--format", "json", mailbox))
            times["postern"].append(time.monotonic() - began)
            made = call("GET", f"{url}/bench-v1")["bench-v1"]
            settings = {name: made["settings"]["index"][name] for name in ["analysis", "mapping", "number_of_shards", "number_of_replicas"]}
            ready = batches(url, "bench")
            times["bare"].append(bare(url, "bare", {"settings": {"index": settings}, "mappings": made["mappings"]}, ready))
            call("DELETE", f"{url}/bench-v1,bare,bench-coverage-v1")
            assert done["indexed"] == count, done
    finally:
        if process:
            process.send_signal(signal.SIGTERM)
            process.wait()
    rates = {name: count / statistics.median(seconds) for name, seconds in times.items()}
    for name, rate in rates.items():
        print(f"{name:>8}  {rate:8.0f} messages a second  ({', '.join(f'{one:.1f} s' for one in times[name])})")
    print(f"   ratio  {rates['postern'] / rates['bare']:8.2f}")


if __name__ == "__main__":
    main()
