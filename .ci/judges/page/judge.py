"""The page in a real Chromium: each row of what it must have by keyboard and by pointer, tasks in a number of steps, every view
before axe-core in light and dark, hostile mail, and 100,000 hits. It writes pictures of the views for a person to look at.

usage: judge.py POSTERN SAMPLES WORK AXE SCREENS
"""

import itertools
import pathlib
import subprocess
import sys
import time

from playwright.sync_api import sync_playwright

import doing
import evidence
import mails
import reading
import searching
import tasks
import views
from scene import ASSETS, Person, gateway

POSTERN, SAMPLES, WORK, AXE, SCREENS = sys.argv[1:6]


def judged(browser, base, hostile, deliver):
    def person(**options):
        options.setdefault("viewport", {"width": 1280, "height": 800})
        one = Person(browser, base, **options)
        one.deliver = deliver
        return one

    only = sys.argv[6:]
    for row in [*searching.ALL, *reading.ALL, *doing.ALL, *evidence.ALL]:
        if only and row.__name__ not in only:
            continue
        began = time.monotonic()
        one = person()
        row(one)
        one.close()
        print(f"row {row.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    for task, most, options in tasks.ALL:
        if only and task.__name__ not in only:
            continue
        one = person(**options)
        task(one)
        one.close()
        assert one.steps <= most, f"{task.__doc__} took {one.steps} steps, not {most}"
        print(f"task in {one.steps} steps: {task.__doc__}", flush=True)
    if only and "views" not in only:
        return
    began = time.monotonic()
    one = person()
    views.hostile(one, hostile)
    one.close()
    print(f"hostile: {hostile} mails opened in four views, nothing had to be stopped ({time.monotonic() - began:.1f} s)", flush=True)
    one = person()
    print(f"keystroke: at most {views.keystroke(one):.1f} ms of the page's own work")
    one.close()
    one = person()
    most, last = views.many(one)
    one.close()
    print(f"100,000 hits: at most {most} rows in the document, row {last} seen", flush=True)
    began = time.monotonic()
    folder = pathlib.Path(SCREENS)
    folder.mkdir(parents=True, exist_ok=True)
    count = views.look(person, pathlib.Path(AXE).read_text(), folder)
    print(f"axe-core: {count} views without findings, in light and dark, at two widths ({time.monotonic() - began:.1f} s)")


def main():
    work = pathlib.Path(WORK)
    work.mkdir(parents=True, exist_ok=True)
    config = work / "postern.toml"
    config.write_text("")
    hostile = mails.hostile(work / "hostile" / "mallory@evil.example" / "Inbox")
    mails.plain(work / "plain" / "zoe@x.example" / "Inbox")
    mails.documents(work / "documents" / "Quay")
    subprocess.check_call([POSTERN, "--data", str(work / "data"), "--quiet", "index", "--files", "--mailbox", "zoe@x.example", str(work / "documents")])
    subprocess.check_call([POSTERN, "--data", str(work / "data"), "--quiet", "index", SAMPLES, str(work / "hostile"), str(work / "plain")])

    numbers = itertools.count(1)

    def deliver():
        """Another message arrives; its subject."""
        number = next(numbers)
        subject = f"delivery {number} that is late"
        (work / "hostile" / "mallory@evil.example" / "Inbox" / f"late-{number}.eml").write_bytes(mails.message(subject, "late", "text/plain"))
        subprocess.check_call([POSTERN, "--data", str(work / "data"), "--quiet", "index", str(work / "hostile")])
        return subject

    with gateway(POSTERN, work / "data", config) as base, sync_playwright() as play:
        if not ASSETS:
            sent = pathlib.Path(__file__).with_name("sent.mjs")
            subprocess.check_call(["node", sent, pathlib.Path(AXE).parents[1] / "acorn" / "dist" / "acorn.mjs", base])
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        judged(browser, base, hostile, deliver)
        with gateway(POSTERN, work / "limited", evidence.configured(work)) as limited:
            one = Person(browser, limited)
            evidence.rights(one)
            one.close()
        print("rights: what a key may not do is not shown, and said")
        browser.close()


main()
