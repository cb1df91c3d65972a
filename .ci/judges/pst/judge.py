#!/usr/bin/env python3
"""Reads data files of Outlook with two other programs, and compares: `judge.py OUTLINE WRITE FOLDER WORK`.

OUTLINE and WRITE are the examples of `crates/pst`, FOLDER holds data files, WORK is for files that WRITE makes.
libpff (PyPI: libpff-python) reads every form, `readpst` (Debian: pst-utils) those with pages of 512 bytes.

- Of each file of FOLDER: every message that libpff or readpst finds is found, with text where they have text,
  with as many recipients, and with the same attachments by their SHA-256. What is found besides is told.
- Of each file that WRITE makes: libpff finds the same subjects, texts and attachments, readpst the same subjects.
"""
import email.policy
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from email.parser import BytesParser
from pathlib import Path

import pypff

FORMS = 7
#: Those with pages of 512 bytes, which readpst knows.
SMALL = 5
#: Messages of each file that is written.
MESSAGES = int(os.environ.get("PST_MESSAGES", "120"))


def digest(content):
    return hashlib.sha256(content).hexdigest()


def ours(outline, path):
    lines = subprocess.run([outline, path], check=True, capture_output=True, timeout=600).stdout.splitlines()
    *items, last = map(json.loads, lines)
    return {one["node"]: one for one in items}, last


def plain(subject):
    """Without the mark that tells how long its `RE: ` is."""
    return subject[2:] if subject and subject.startswith("\x01") else subject or ""


def libpff(path):
    file = pypff.file()
    file.open(str(path))
    found = {}

    def text_of(message):
        for name in "plain_text_body", "html_body", "rtf_body":
            try:
                if getattr(message, name, None):
                    return True
            except OSError:
                pass
        return False

    def attachments_of(message):
        digests = []
        for number in range(getattr(message, "number_of_attachments", 0)):
            try:
                attachment = message.get_attachment(number)
                size = attachment.get_size()
                digests.append(digest(attachment.read_buffer(size) if size else b""))
            except (OSError, ValueError):
                # An attached item, or one that has no content.
                digests.append(None)
        return digests

    def walk(folder):
        for number in range(folder.number_of_sub_messages):
            message = folder.get_sub_message(number)
            try:
                attachments = attachments_of(message)
            except OSError:
                attachments = []
            found[message.identifier] = (getattr(message, "subject", None) or "", text_of(message), attachments)
        for number in range(folder.number_of_sub_folders):
            walk(folder.get_sub_folder(number))

    walk(file.get_root_folder())
    return found


def readpst(path, work):
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    # -e: one file a message; -D: deleted items too; -j 0: in this process.
    subprocess.run(["readpst", "-q", "-e", "-D", "-j", "0", "-o", work, path], check=False, capture_output=True, timeout=600)
    found = []
    for name in sorted(work.rglob("*")):
        if name.is_file() and name.suffix == ".eml":
            with name.open("rb") as file:
                found.append(BytesParser(policy=email.policy.default).parse(file))
    return found


def of_folder(outline, folder, work):
    faults = []
    print(f"{'file':46} {'messages':>8} {'with text':>9} {'recipients':>10} {'attachments':>11}   libpff  readpst")
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in (".pst", ".ost"):
            continue
        mine, _ = ours(outline, path)
        try:
            theirs = libpff(path)
        except OSError as error:
            theirs = {}
            print(f"{path.name}: libpff does not open it: {error}")
        mails = readpst(path, work / "readpst")
        items = [one["item"] for one in mine.values() if "item" in one]
        print(f"{path.name:46} {len(items):8} {sum(one['hasText'] for one in items):9}"
              f" {sum(one['recipients'] > 0 for one in items):10} {sum(len(one['attachments']) for one in items):11}"
              f" {len(theirs):8} {len(mails):8}")
        faults += [f"{path.name}: {fault}" for fault in against_libpff(mine, theirs)]
        faults += [f"{path.name}: {fault}" for fault in against_readpst(items, mails)]
    return faults


def against_libpff(mine, theirs):
    for node, (subject, has_text, attachments) in theirs.items():
        one = mine.get(node, {}).get("item")
        if one is None:
            yield f"{node} is not read"
            continue
        if subject and plain(one["subject"]) != subject:
            yield f"{node}: subject {one['subject']!r}, libpff has {subject!r}"
        if has_text and not one["hasText"]:
            yield f"{node}: no text"
        if len(one["attachments"]) < len(attachments):
            yield f"{node}: {len(one['attachments'])} attachments, libpff has {len(attachments)}"
        missing = Counter(filter(None, attachments)) - digests(one)
        # An empty digest stands for an attached item, which libpff gives no bytes of.
        missing.pop(digest(b""), None)
        if missing and not any(isinstance(one, dict) and "subject" in one for one in one["attachments"]):
            yield f"{node}: attachments that differ: {sorted(missing)}"


def digests(item):
    return Counter(one["sha256"] for one in item["attachments"] if isinstance(one, dict) and "sha256" in one)


def against_readpst(items, mails):
    mine = Counter(plain(one["subject"]).strip() for one in items)
    for subject, count in Counter(str(mail["subject"] or "").strip() for mail in mails).items():
        if subject and "\ufffd" not in subject and mine[subject] < count:
            yield f"{subject!r}: {mine[subject]} of the {count} that readpst has"


def of_forms(outline, write, work):
    faults = []
    for form in range(FORMS):
        path = work / f"form-{form}.pst"
        subprocess.run([write, str(form), str(MESSAGES), path], check=True, timeout=600)
        mine, last = ours(outline, path)
        if len(mine) != MESSAGES or last["damaged"]:
            faults.append(f"form {form}: {len(mine)} messages, damaged: {last['damaged']}")
        theirs = libpff(path)
        if set(theirs) != set(mine):
            faults.append(f"form {form}: libpff has {len(theirs)} messages")
        faults += [f"form {form}: {fault}" for fault in against_libpff(mine, theirs)]
        if form < SMALL:
            subjects = sorted(str(mail["subject"]) for mail in readpst(path, work / "readpst"))
            if subjects != sorted(one["item"]["subject"] for one in mine.values()):
                faults.append(f"form {form}: readpst has {len(subjects)} messages")
        print(f"form {form}: {len(mine)} messages, {path.stat().st_size} bytes")
    return faults


def main():
    outline, write, folder, work = map(Path, sys.argv[1:5])
    work.mkdir(parents=True, exist_ok=True)
    faults = of_folder(outline, folder, work) + of_forms(outline, write, work)
    print("\n".join(faults) or "every message that another program reads is read the same")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
