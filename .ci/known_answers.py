"""Searches over real mail whose answers were found by other means: known_answers.py POSTERN DATA ANSWERS SUMMARY"""

import json
import subprocess
import sys

POSTERN, DATA, ANSWERS, SUMMARY = sys.argv[1:]
summary = json.load(open(SUMMARY))
print(f"indexed {summary['indexed']} of {summary['found']}, {summary['duplicates']} duplicates, "
      f"{len(summary['unreadable'])} unreadable, {len(summary['notMail'])} no mail, {summary['messagesPerSecond']} messages a second")
wrong = 0
answers = [json.loads(line) for line in open(ANSWERS) if line.strip()]
for answer in answers:
    run = subprocess.run([POSTERN, "--data", DATA, "--quiet", "search", "--count", "--", answer["q"]], capture_output=True, text=True)
    if run.stdout.strip() != str(answer["count"]):
        wrong += 1
        print(f"{answer['q']}: {run.stdout.strip() or run.stderr.strip()}, known {answer['count']}")
print(f"{len(answers) - wrong} of {len(answers)} known answers agree")
sys.exit(bool(wrong))
