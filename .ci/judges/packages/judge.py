"""Packages before readers that share no code with Postern: load files before this parser and Python's `email`, mailbox files before
`mailbox`, and pages of hostile mail in a real Chromium, where nothing may be asked for, run or be reported.

usage: judge.py POSTERN MAIL WORK
"""

import email
import email.policy
import hashlib
import json
import mailbox
import pathlib
import subprocess
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "page"))

from playwright.sync_api import sync_playwright

import mails

POSTERN, MAIL, WORK = sys.argv[1:4]


def export(data, form, out):
    subprocess.run([POSTERN, "--data", str(data), "--quiet", "export", "--force", "--format", form, "--out", str(out)], check=True)
    subprocess.run([POSTERN, "--data", str(data), "--quiet", "export", "--verify", str(out)], check=True, stdout=subprocess.DEVNULL)


def rows(raw):
    """A load file by the letter of its format."""
    text = raw.decode("utf-8-sig")
    assert raw.startswith(b"\xef\xbb\xbf") and text.endswith("\r\n")
    lines = [line.split("\x14") for line in text[:-2].split("\r\n")]
    assert all(field[0] == field[-1] == "\xfe" and "\xfe" not in field[1:-1] and len(field) > 1 for line in lines for field in line)
    names, *lines = [[field[1:-1].replace("\xae", "\n") for field in line] for line in lines]
    assert all(len(line) == len(names) for line in lines)
    return [dict(zip(names, line)) for line in lines]


def load_file(data, work):
    """Hashes, families and ids of each document, and what Python reads in each message."""
    export(data, "dat", work / "load.zip")
    with zipfile.ZipFile(work / "load.zip") as package:
        found = rows(package.read("loadfile.dat"))
        items = json.loads(package.read("manifest.json"))["items"]
        first = None
        for number, row in enumerate(found, 1):
            assert row["BEGDOC"] == row["ENDDOC"] == f"DOC{number:08}"
            if row["NATIVEPATH"]:
                raw = package.read(row["NATIVEPATH"].replace("\\", "/"))
                assert hashlib.sha256(raw).hexdigest() == row["SHA256"] and hashlib.md5(raw).hexdigest() == row["MD5"], row
                assert len(raw) == int(row["FILESIZE"])
            if row["PARENTDOC"]:
                assert row["PARENTDOC"] == row["BEGATTACH"] == first["BEGDOC"] and row["ENDATTACH"] == first["ENDATTACH"]
                continue
            assert first is None or first["ENDATTACH"] == f"DOC{number - 1:08}", "a family ends where the next begins"
            first = row
            read = email.message_from_bytes(raw, policy=email.policy.compat32)
            if row["MESSAGEID"]:
                assert row["MESSAGEID"] in (read["message-id"] or ""), row
                assert hashlib.md5(row["MESSAGEID"].encode()).hexdigest() == row["MIH"]
    first_of_each = [row["POSTERNID"] for row in found if not row["PARENTDOC"]]
    assert first_of_each == [item["id"] for item in items]
    return len(found), len(items)


def mbox(data, work):
    """Python finds as many messages, each with the id that the manifest names."""
    export(data, "mbox", work / "all.mbox")
    items = json.loads((work / "all.mbox.manifest.json").read_text())["items"]
    box = mailbox.mbox(work / "all.mbox", create=False)
    assert len(box) == len(items), (len(box), len(items))
    for message, item in zip(box, items):
        found = message["message-id"]
        assert "mih" not in item or hashlib.md5(found.strip().encode()).hexdigest() == item["mih"], item
    return len(items)


def pages(data, work):
    """Every page in a browser."""
    export(data, "html", work / "pages.zip")
    folder = work / "pages"
    with zipfile.ZipFile(work / "pages.zip") as package:
        package.extractall(folder)
    heard, asked = [], []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda said: heard.append(said.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        opened = sorted(folder.rglob("*.html"))
        for file in opened:
            asked.clear()
            page.goto(file.as_uri())
            own = [url for url in asked if not url.startswith("data:image/")]
            assert own == [file.as_uri()] and not heard, (file, own, heard)
        # From the index to a message and back.
        page.goto((folder / "index.html").as_uri())
        page.locator("td a").first.click()
        page.locator("text=all messages").click()
        assert page.url.endswith("/index.html") and not heard, heard
        page.emulate_media(media="print")
        (work / "index.pdf").write_bytes(page.pdf())
        browser.close()
    return len(opened)


def main():
    work = pathlib.Path(WORK)
    hostile = work / "hostile" / "mallory@evil.example" / "Inbox"
    mails.hostile(hostile)
    mails.plain(work / "plain" / "zoe@x.example" / "Inbox")
    data = work / "data"
    subprocess.check_call([POSTERN, "--data", str(data), "--quiet", "index", MAIL, str(work / "hostile"), str(work / "plain")])
    documents, messages = load_file(data, work)
    print(f"load file: {documents} documents of {messages} messages, each hash and family as read", flush=True)
    print(f"mailbox file: {mbox(data, work)} messages", flush=True)
    print(f"pages: {pages(data, work)} opened, nothing was asked for and nothing reported", flush=True)


main()
