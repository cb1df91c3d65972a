"""The documented searches through the gateway, with faults switched at random.

    gateway_storm.py POSTERN PREMIUM_FOLDER MAIL WORK [REQUESTS]

The five documented uses are asked again and again while the fault of premium is switched before each request:
every answer must be there, have the count that premium gives, say who gave it, and come before the deadline plus one second.
"""

import os
import pathlib
import random
import subprocess
import sys
import time
from collections import Counter

import requests

from stand_in import INDEX, KEY, TENANT, USES, stand_in, start

POSTERN, PREMIUM, MAIL, WORK, *REST = sys.argv[1:]
REQUESTS = int(REST[0]) if REST else 1000
DEADLINE = 0.8
FAULTS = ["ok", "ok", "ok", "ok", "ok", "status:402", "status:403", "status:404", "status:409", "status:429", "status:500",
          "status:501", "status:502", "status:503", "hang", "slow:5000", "truncate", "garbage", "html", "redirect", "reset"]

docs = f"{WORK}/storm.jsonl"
with open(docs, "w") as out:
    subprocess.run([sys.executable, f"{PREMIUM}/eml2docs.py", MAIL], stdout=out, stderr=subprocess.DEVNULL, check=True)
subprocess.run([POSTERN, "--data", f"{WORK}/storm-index", "index", "--quiet", MAIL], check=True)
premium, upstream = stand_in(PREMIUM, docs, "--eml-root", MAIL)
# A short rest and memory, so that premium is asked again many times within the run.
config = pathlib.Path(WORK, "storm.toml")
config.write_text(f"""listen = "127.0.0.1:0"
[premium]
url = "{upstream}"
deadline = "{int(DEADLINE * 1000)}ms"
recheck = "1ms"
[premium.breaker]
rest = "1ms"
minimum = 8
[[keys]]
name = "storm"
sha256 = "{__import__('hashlib').sha256(KEY.encode()).hexdigest()}"
tenant = "{TENANT}"
""")
front, line = start(POSTERN, "--data", f"{WORK}/storm-index", "--config", str(config), "--quiet", "serve")
base = line.removeprefix("listening on ")
session = requests.Session()
headers = {"X-API-Key": KEY}


def search(address, use):
    params = {"top": 50, "skip": 0, **use}
    return session.get(f"{address}/api/{TENANT}/indexes/{INDEX}/documents", params=params, headers=headers, timeout=30)


try:
    for version in ("--http1.1", "--http2-prior-knowledge"):
        url = f"{base}/api/{TENANT}/indexes/{INDEX}/documents?top=1"
        run = subprocess.run(["curl", "--silent", "--fail", version, "--write-out", " %{http_version}", "-H", f"X-API-Key: {KEY}", url],
                             capture_output=True, text=True, check=True)
        assert run.stdout.split()[-1] == ("1.1" if version == "--http1.1" else "2"), run.stdout[-40:]
    print("curl over HTTP/1.1 and HTTP/2, and keep-alive with requests")
    expected = [search(upstream, use).json()["Count"] for use in USES]
    seed = int(os.environ.get("SEED", "7"))
    dice, served, slowest = random.Random(seed), Counter(), 0.0
    for number in range(REQUESTS):
        fault, which = dice.choice(FAULTS), dice.randrange(len(USES))
        if number % 100 == 99:
            fault = "status:429:1"  # keeps everybody away for a second
        session.post(f"{upstream}/_control", json={"search": fault}, timeout=10).raise_for_status()
        began = time.monotonic()
        answer = search(base, USES[which])
        took = time.monotonic() - began
        slowest = max(slowest, took)
        assert took < DEADLINE + 1, (number, fault, took)
        assert answer.status_code == 200, (number, fault, answer.status_code, answer.text)
        assert answer.json()["Count"] == expected[which], (number, fault, which, answer.json()["Count"])
        engine = answer.headers["Postern-Served-By"]
        assert engine in ("premium", "local") and answer.headers["Postern-Query-Id"]
        assert ("Postern-Reason" in answer.headers) == (engine == "local"), (number, fault, dict(answer.headers))
        assert "; as-of=" in answer.headers["Postern-Coverage"]
        served[engine] += 1
        if fault == "status:429:1":
            time.sleep(1.1)
    assert len(served) == 2, served
    print(f"{REQUESTS} requests under random faults: all correct and labelled {dict(served)}, slowest {slowest:.2f} s")
finally:
    front.kill()
    premium.kill()
