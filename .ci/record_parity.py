"""Records what the stand-in answers about the samples, for a test that needs neither it nor Java.

    record_parity.py PREMIUM_FOLDER SAMPLES OUT_FOLDER

Writes documents.jsonl, and answers.jsonl with one request a line: how many documents match, which of them
are on the page (as line numbers of documents.jsonl), whether in exactly this order, or that it is refused.
Order and page say nothing where relevance decides over them: its statistics are the service's own.
"""

import json
import pathlib
import subprocess
import sys

SEEDS, EACH = (11, 12, 13, 14, 15), 64
PREMIUM, SAMPLES, OUT = sys.argv[1:]


def run(*arguments, text=None):
    return subprocess.run(arguments, input=text, capture_output=True, text=True, check=True).stdout


def recorded(case, answer, lines):
    request = {key: case[key] for key in ("query", "filter", "orderby", "top", "skip") if key in case}
    if "error" in answer:
        return {"request": request, "refused": True}
    ranked = "query" in case or "ismatchscoring" in case.get("filter", "")
    ordered = not ranked or "score" not in answer["order"]
    found = [lines[one] for one in answer["ids"]]
    entry = {"request": request, "count": answer["count"]}
    if ordered:
        entry["ordered"] = found
    elif len(found) == answer["count"]:
        entry["found"] = sorted(found)
    return entry


out = pathlib.Path(OUT)
documents = out / "documents.jsonl"
made = [json.loads(line) for line in run(f"{PREMIUM}/eml2docs.py", SAMPLES, "--fill").splitlines()]
for document in made:
    document.pop("source", None)
documents.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in made))
lines = {document["id"]: number for number, document in enumerate(made)}

entries = []
for seed in SEEDS:
    cases = run(f"{PREMIUM}/make_cases.py", str(documents), "--seed", str(seed), "--count", str(EACH))
    answers = run(f"{PREMIUM}/premium", "eval", "--docs", str(documents), text=cases)
    for case, answer in zip(cases.splitlines(), answers.splitlines(), strict=True):
        entries.append(recorded(json.loads(case), json.loads(answer), lines))
(out / "answers.jsonl").write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in entries))
print(len(made), "documents,", len(entries), "requests")
