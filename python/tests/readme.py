"""Runs the examples of the README: readme.py [PREMIUM_FOLDER MAIL]

The script for DataTap asks the stand-in over that mail; without a stand-in it is left out. `readme.py --source` prints
all examples as one program, for a type checker.
"""

import doctest
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = ROOT / "python" / "README.md"
SCRIPT = "## A DataTap script"


def run(text):
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    test = doctest.DocTestParser().get_doctest(text, {}, README.name, str(README), 0)
    failed = runner.run(test, clear_globs=False).failed
    return test.globs, len(test.examples), failed


def as_before(found, uses):
    """Whether the script finds what the filters of the vendor's own script find."""
    for name, use in zip("abcde", uses):
        before = found["get"]("documents", top=50, **use)
        assert before["Count"] and found[name]["Count"] == before["Count"], (name, before["Count"])
        ids = [{hit["id"] for hit in one["Results"]} for one in (before, found[name])]
        assert ids[0] == ids[1], name
    print(f"{len(uses)} uses of the script find what they found before")


def with_stand_in(premium, mail, text):
    sys.path.insert(0, str(ROOT / ".ci"))
    from stand_in import INDEX, KEY, TENANT, USES, stand_in

    with tempfile.TemporaryDirectory() as work:
        docs = f"{work}/docs.jsonl"
        with open(docs, "w", encoding="utf-8") as out:
            command = [sys.executable, f"{premium}/eml2docs.py", mail]
            subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, check=True)
        process, base = stand_in(premium, docs)
        try:
            os.environ.update(DATATAP_BASE=base, DATATAP_TENANT=TENANT, DATATAP_KEY=KEY, DATATAP_INDEX=INDEX)
            found, count, failed = run(text)
            as_before(found, USES)
            return count, failed
        finally:
            process.kill()


whole = README.read_text(encoding="utf-8")
if sys.argv[1:] == ["--source"]:
    print(doctest.script_from_examples(whole))
    sys.exit()
if len(sys.argv) > 2:
    count, failed = with_stand_in(sys.argv[1], sys.argv[2], whole)
else:
    print("the script for DataTap: left out, there is no stand-in to ask")
    _, count, failed = run(whole.split(SCRIPT)[0])
print(f"README: {count} examples, {failed} failed")
sys.exit(1 if failed else 0)
