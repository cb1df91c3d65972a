"""Requests drawn from documents, asked of the stand-in and of the local index.

    parity.py POSTERN PREMIUM_FOLDER DOCS WORK COUNT [SEED ...]

COUNT requests are drawn with each seed. Counts and ids must be the same, in order where the order is total
without relevance, and what the one refuses the other must refuse.
"""

import collections
import json
import subprocess
import sys

POSTERN, PREMIUM, DOCS, WORK, COUNT, *SEEDS = sys.argv[1:]

cases = "".join(subprocess.run([sys.executable, f"{PREMIUM}/make_cases.py", DOCS, "--seed", seed, "--count", COUNT],
                               capture_output=True, text=True, check=True).stdout for seed in SEEDS or ["7"])
# Of what only relevance orders, a page says nothing about the whole: the largest page there is.
cases = "".join(json.dumps({"top": 1000} | json.loads(case)) + "\n" for case in cases.splitlines())
judge = subprocess.run([f"{PREMIUM}/premium", "eval", "--docs", DOCS], input=cases, capture_output=True, text=True, check=True).stdout
subprocess.run([POSTERN, "--data", f"{WORK}/docs-index", "index", "--quiet", DOCS], check=True)
ours = subprocess.run([POSTERN, "--data", f"{WORK}/docs-index", "search", "--requests", "-"],
                      input=cases, capture_output=True, text=True, check=True).stdout

tally, differences = collections.Counter(), []
for case, theirs, own in zip(cases.splitlines(), judge.splitlines(), ours.splitlines(), strict=True):
    request, theirs, own = json.loads(case), json.loads(theirs), json.loads(own)
    if "error" in theirs or "error" in own:
        same = "error" in theirs and "error" in own
        tally["refused by both" if same else "refused by one"] += 1
        if not same:
            differences.append((request, theirs, own))
    else:
        same = theirs["count"] == own["count"]
        if theirs["count"] == len(theirs["ids"]):
            same = same and sorted(theirs["ids"]) == sorted(own["ids"])
        ranked = "query" in request or "ismatchscoring" in request.get("filter", "")
        if not ranked or "score" not in theirs["order"]:
            same = same and theirs["ids"] == own["ids"]
        tally["same" if same else "different"] += 1
        if not same:
            differences.append((request, theirs, own))
print(dict(tally))
for request, theirs, own in differences[:5]:
    print(json.dumps(request, ensure_ascii=False)[:300], "\n  judge", json.dumps(theirs)[:200], "\n  ours ", json.dumps(own)[:200])
sys.exit(bool(differences))
