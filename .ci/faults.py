"""The vendor's own recipe against the gateway: premium up, and premium switched to every fault.

    faults.py POSTERN PREMIUM_FOLDER RECIPE MAIL WORK

Up, every answer must be premium's own, byte for byte. With a fault, the recipe must run, every use must
have the count that premium would have given, the header must say why, and nothing may take longer
than the deadline plus one second.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

import requests

from stand_in import INDEX, KEY, TENANT, USES, stand_in, start

POSTERN, PREMIUM, RECIPE, MAIL, WORK = sys.argv[1:]
DEADLINE = 2.0
FAULTS = ["status:402", "status:403", "status:404", "status:409", "status:429", "status:429:2", "status:500", "status:501",
          "status:502", "status:503", "hang", "slow:9000", "truncate", "garbage", "html", "redirect", "reset"]


def search(base, use):
    params = {"top": 50, "skip": 0, **use}
    return requests.get(f"{base}/api/{TENANT}/indexes/{INDEX}/documents", params=params, headers={"X-API-Key": KEY}, timeout=30)


def recipe(base):
    env = {**os.environ, "DATATAP_BASE": base, "DATATAP_TENANT": TENANT, "DATATAP_KEY": KEY, "DATATAP_INDEX": INDEX}
    began = time.monotonic()
    run = subprocess.run([sys.executable, RECIPE], env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    took = time.monotonic() - began
    assert took < 5 * (DEADLINE + 1) + 1, f"five uses took {took:.1f} s"
    return run.stdout


def gateway(premium):
    command = [POSTERN, "--data", f"{WORK}/samples-index", "--quiet", "serve", "--listen", "127.0.0.1:0", "--premium", premium,
               "--tenant", TENANT, "--key", KEY, "--deadline", f"{int(DEADLINE * 1000)}ms"]
    process, line = start(*command)
    return process, line.removeprefix("listening on ")


docs = f"{WORK}/samples.jsonl"
with open(docs, "w") as out:
    subprocess.run([sys.executable, f"{PREMIUM}/eml2docs.py", MAIL], stdout=out, stderr=subprocess.DEVNULL, check=True)
subprocess.run([POSTERN, "--data", f"{WORK}/samples-index", "index", "--quiet", MAIL], check=True)
premium, upstream = stand_in(PREMIUM, docs)
control = lambda **groups: requests.post(f"{upstream}/_control", json=groups, timeout=10).raise_for_status()

try:
    front, base = gateway(upstream)
    expected = [search(upstream, use) for use in USES]
    for use, direct in zip(USES, expected):
        through = search(base, use)
        assert through.content == direct.content and through.status_code == 200, use
        assert through.headers["Postern-Served-By"] == "premium"
    direct_output = recipe(upstream)
    assert recipe(base) == direct_output
    front.kill()
    print(f"premium up: {len(USES)} uses byte for byte; counts {[answer.json()['Count'] for answer in expected]}")
    for fault in FAULTS:
        # A fresh gateway for each fault: what it remembers of the last one must not help.
        front, base = gateway(upstream)
        control(search=fault)
        reasons = set()
        for use, direct in zip(USES, expected):
            began = time.monotonic()
            local = search(base, use)
            took = time.monotonic() - began
            assert took < DEADLINE + 1, f"{fault}: {took:.1f} s"
            assert local.status_code == 200, (fault, local.status_code, local.text)
            assert local.headers["Postern-Served-By"] == "local", fault
            assert local.json()["Count"] == direct.json()["Count"], (fault, use, local.json()["Count"])
            reasons.add(local.headers["Postern-Reason"])
        assert recipe(base).splitlines()[-1] == direct_output.splitlines()[-1], fault
        control(search="ok")
        front.kill()
        print(f"{fault}: same counts from here; {sorted(reasons)[0]}")
    for fault in ["status:400", "status:401"]:
        front, base = gateway(upstream)
        control(search=fault)
        answer = search(base, USES[0])
        assert str(answer.status_code) in fault and answer.headers["Postern-Served-By"] == "premium", fault
        control(search="ok")
        front.kill()
        print(f"{fault}: passed on, no answer from here")
finally:
    premium.kill()
