"""Search-term reports before searches and sets: each number of each line.

usage: judge.py POSTERN DATA WORK [LINES]

DATA is a data folder with an index. Of every line `matches` is what `search --count` says, and `unique` and the totals
are those of sets of the ids of `search --format ids`. Family, conversation, bytes, dates and mailboxes of 50 lines are
worked out here from an export of the mail. The page opens in Chromium without an error and asks for nothing.
"""

import collections
import concurrent.futures
import datetime
import email.header
import email.parser
import email.policy
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import zipfile

import draw

POSTERN, DATA, WORK = sys.argv[1:4]
LINES = int(sys.argv[4]) if len(sys.argv) > 4 else 200
SEED = int(os.environ.get("REPORT_SEED", "7"))
WORK = pathlib.Path(WORK)
WORK.mkdir(parents=True, exist_ok=True)


def run(*arguments, **options):
    return subprocess.run([POSTERN, "--data", DATA, *arguments], capture_output=True, text=True, **options)


def export(form):
    path = WORK / f"all.{form}"
    done = run("export", "", "--force", "--format", form, "--out", str(path))
    assert done.returncode in (0, 3), done.stderr
    return path


def reported(lines):
    """The report, how long it took and the most memory that it had."""
    path = WORK / "terms.txt"
    path.write_text("# drawn\n" + "".join(f"{name}\t{query}\n" for name, query in lines))
    began = time.monotonic()
    with open(WORK / "report.json", "wb") as out:
        child = subprocess.Popen([POSTERN, "--data", DATA, "report", str(path), "--format", "json"], stdout=out)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    assert child.returncode == 3, f"there are lines with errors, and it ends with {child.returncode}"
    page = WORK / "report.html"
    with open(page, "wb") as out:
        assert subprocess.run([POSTERN, "--data", DATA, "report", str(path), "--format", "html"], stdout=out).returncode == 3
    return json.load(open(WORK / "report.json")), took, used.ru_maxrss, page


def searched(query):
    """What `search` says: the count and the ids, or that it refuses."""
    count = run("search", "--count", "--", query)
    if count.returncode != 0:
        return None
    ids = run("search", "--format", "ids", "--limit", "10000000", "--", query)
    assert ids.returncode == 0, (query, ids.stderr)
    return int(count.stdout), frozenset(ids.stdout.split())


def counts(report, lines, found):
    """Of every line the count, what only it finds, and the totals."""
    finders = collections.Counter(one for each in found if each for one in each[1])
    for line, (name, query), own in zip(report["lines"], lines, found, strict=True):
        assert (line["name"], line["query"]) == (name, query)
        if own is None:
            assert line["errors"] and "matches" not in line, line
            continue
        count, ids = own
        assert not line["errors"] and line["canonical"], line
        assert line["matches"] == count == len(ids), (line, count, len(ids))
        assert line["unique"] == sum(finders[one] == 1 for one in ids), (query, line["unique"])
        assert line["exact"] is True and line["servedBy"]["engine"] == "local", line
        assert line["coverage"]["indexed"] <= line["coverage"]["known"], line
    totals = report["totals"]
    assert totals["matches"] == len(finders), (totals["matches"], len(finders))
    assert totals["withErrors"] == sum(each is None for each in found)
    assert totals["withoutMatches"] == sum(each is not None and not each[1] for each in found)
    return finders


def ids_of(text):
    """The ids of a header: what stands between angle brackets, else its words."""
    if "=?" in text:
        text = str(email.header.make_header(email.header.decode_header(text)))
    found = []
    for inner in re.findall(r"<([^<>]*)>", text):
        joined = "".join(inner.split())
        if joined and ("@" in inner or not re.search(r"\s", inner.strip())):
            found.append(f"<{joined}>")
    if found:
        return found
    plain = re.sub(r"\([^()]*\)", " ", text)
    words = [word.strip("<>,;\"'") for word in re.split(r"[\s,]+", plain)]
    words = [word for word in words if word]
    return [f"<{word}>" for word in words] if len(plain.split()) == 1 or all("@" in word for word in words) else []


def conversations(archive, messages):
    """The conversation of each message, by what its headers say: the same id, or one that both name."""
    root = {}

    def find(one):
        root.setdefault(one, one)
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    parser = email.parser.BytesHeaderParser(policy=email.policy.compat32)
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            own = pathlib.PurePosixPath(name).name.split(".")[0]
            if own not in messages:
                continue
            with packed.open(name) as file:
                head = parser.parsebytes(file.read(1 << 16).split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0] + b"\n\n")
            text = lambda header: str(head.get(header) or "")
            names = ids_of(text("References")) + ids_of(text("In-Reply-To"))
            if messages[own].get("internetMessageId"):
                names.append(messages[own]["internetMessageId"])
            if messages[own].get("conversationId"):
                names.append("conversation " + messages[own]["conversationId"])
            for one in names:
                root[find(one)] = find(own)
    groups = collections.defaultdict(set)
    for own in messages:
        groups[find(own)].add(own)
    return {own: groups[find(own)] for own in messages}


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def sums(line, ids, messages, conversation):
    """Family, conversation, bytes, dates and mailboxes of some messages."""
    own = [messages[one] for one in ids]
    expected = {
        "family": sum(1 + len(one.get("attachments") or []) for one in own),
        "conversation": len(set().union(*(conversation[one] for one in ids))),
        "bytes": sum(max(0, one.get("size") or 0) for one in own),
    }
    told = {name: line[name] for name in expected}
    assert told == expected, (line["query"], told, expected)
    times = [moment(one.get("receivedDateTime") or one["sentDateTime"]) for one in own if one.get("receivedDateTime") or one.get("sentDateTime")]
    for name, time in (("first", min(times, default=None)), ("last", max(times, default=None))):
        assert (line[name] and moment(line[name])) == time, (line["query"], name, line[name], time)
    mailboxes = collections.Counter()
    for one in own:
        places = one.get("places") or [one]
        mailboxes.update({place.get("mailbox") for place in places} - {None})
    assert {one["name"]: one["matches"] for one in line["mailboxes"]} == dict(mailboxes), line["query"]


def opened(page):
    """The page in Chromium: no error, nothing asked for, a row for each line."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = browser.new_page()
        faults, asked = [], []
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(page.resolve().as_uri())
        rows, bars = tab.locator("tbody tr").count(), tab.locator("svg").count()
        scripts = tab.locator("script").count()
        browser.close()
    assert not faults and len(asked) == 1 and scripts == 0, (faults, asked, scripts)
    assert rows == LINES and bars > 0, (rows, bars)


def main():
    messages = {}
    with open(export("jsonl")) as file:
        for line in file:
            message = json.loads(line)
            messages[message["id"]] = message
    lines = draw.lines(LINES, POSTERN, DATA, list(messages.values())[:5000], SEED)
    report, took, memory, page = reported(lines)
    # The same query stands in several lines.
    distinct = list(dict.fromkeys(query for _, query in lines))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        known = dict(zip(distinct, pool.map(searched, distinct)))
    found = [known[query] for _, query in lines]
    counts(report, lines, found)
    conversation = conversations(export("zip"), messages)
    some = [number for number, each in enumerate(found) if each and each[1]][:50]
    for number in some:
        sums(report["lines"][number], found[number][1], messages, conversation)
    union = set().union(*(each[1] for each in found if each))
    sums({**report["totals"], "query": "totals"}, union, messages, conversation)
    blind = sum(one["messages"] + one["attachments"] for one in report["unsearchable"])
    assert blind == sum(len(one["items"]) for one in report["unsearchable"])
    opened(page)
    wrong = sum(each is None for each in found)
    print(f"a report of {LINES} lines over {len(messages)} messages: {took:.1f} s, at most {memory >> 10} MiB; every count and unique count is that of "
          f"searches, {len(some)} lines and the totals are summed anew, {wrong} lines have errors, {blind} things cannot be searched")


main()
