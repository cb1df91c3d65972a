#!/usr/bin/env python3
"""Compares what Postern reads of mail with what Python's `email` reads: python_parser.py POSTERN FOLDER WORK [COUNT]

COUNT messages below FOLDER, drawn with a fixed seed, are indexed, exported and compared: sender, recipients, subject,
sent time, message id, names of attachments, words of the text. A difference must fall into a class of `CLASSES`, which says
why it is there; the number of each is printed. One without a class is printed too, and fails.

With BEFORE, another binary of Postern, a field that agreed with Python there and does not here must be of a class that a
change is named for (`changed`).
"""
import base64
import collections
import datetime
import email
import email.header
import email.policy
import email.utils
import hashlib
import html.parser
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unicodedata

SEED = 19
FIELDS = "from to subject sent id files words".split()


# ---- what Python reads ----

class Page(html.parser.HTMLParser):
    """The text of a page, scripts and styles left out."""

    def __init__(self):
        super().__init__()
        self.out, self.hidden = [], 0

    def handle_starttag(self, tag, attributes):
        self.hidden += tag in ("script", "style", "title")
        self.out.append("" if tag in INLINE else " ")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style", "title") and self.hidden > 0
        self.out.append("" if tag in INLINE else " ")

    def handle_data(self, data):
        if not self.hidden:
            self.out.append(data)


INLINE = "a abbr b big em font i s small span strike strong sub sup tt u".split()


def plain(text):
    """Text as Postern keeps it: composed, and without what nobody sees."""
    text = unicodedata.normalize("NFC", str(text))
    return "".join(c for c in text if unicodedata.category(c) != "Cf" and c not in "\0\u034f\ufe0e\ufe0f")


def folded(text):
    return " ".join(plain(text).split())


def header(message, name):
    """Encoded words decoded by Python; nothing where it gives up."""
    value = message.get(name)
    if value is None:
        return None
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (LookupError, UnicodeError, ValueError, email.errors.HeaderParseError):
        return str(value)


def addresses(message, name):
    values = [str(value) for value in message.get_all(name, [])]
    pairs = email.utils.getaddresses(values)
    return sorted({folded(address).lower() for _, address in pairs if "@" in address})


def sent(message):
    try:
        moment = email.utils.parsedate_to_datetime(str(message["Date"]))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.timezone.utc)
        return int(moment.timestamp())
    except (TypeError, ValueError, IndexError, OverflowError, AttributeError):
        return None


def own_parts(message):
    """The parts that are not inside of an attached message."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            yield from own_parts(part)
    else:
        yield message


def file_name(part):
    try:
        name = part.get_filename()
        return folded(email.header.make_header(email.header.decode_header(name))) if name else None
    except (LookupError, UnicodeError, ValueError, email.errors.HeaderParseError):
        return folded(part.get_filename())


def text_of(part):
    payload = part.get_payload(decode=True) or b""
    for charset in (part.get_content_charset(), "utf-8"):
        try:
            return payload.decode(charset or "ascii")
        except (LookupError, UnicodeError):
            pass
    return payload.decode("windows-1252", "replace")


def words(text):
    return re.findall(r"\w+", plain(text).lower())


def python_reads(raw):
    message = email.message_from_bytes(raw)
    texts, pages, files = [], [], []
    for part in own_parts(message):
        name, shown = file_name(part), part.get_content_disposition()
        if name and shown != "inline":
            files.append(name)
        elif shown != "attachment" and part.get_content_type() == "text/plain":
            texts.append(text_of(part))
        elif shown != "attachment" and part.get_content_type() == "text/html":
            pages.append(text_of(part))
    text = "\n".join(texts)
    if not text.strip():
        page = Page()
        page.feed("\n".join(pages))
        page.close()
        text = "".join(page.out)
    return {
        "from": addresses(message, "From")[:1] if len(addresses(message, "From")) < 2 else [first_address(message)],
        "to": addresses(message, "To"),
        "subject": folded(header(message, "Subject") or ""),
        "sent": sent(message),
        "id": "".join((message.get("Message-ID") or "").split()),
        "files": sorted(files),
        "words": words(text),
    }, message


def first_address(message):
    for _, address in email.utils.getaddresses([str(message["From"])]):
        if "@" in address:
            return folded(address).lower()


# ---- what Postern reads ----

def postern_reads(document):
    people = document.get("toRecipients") or []
    sender = document.get("fromAddress") or ""
    moment = document.get("sentDateTime")
    return {
        "from": [folded(sender).lower()] if "@" in sender else [],
        "to": sorted({folded(one["address"]).lower() for one in people if "@" in (one["address"] or "")}),
        "subject": folded(document.get("subject") or ""),
        "sent": int(datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()) if moment else None,
        "id": document.get("internetMessageId") or "",
        "files": sorted(folded(one["name"]) for one in document.get("attachments") or [] if one.get("name")),
        "words": words(document.get("body") or ""),
    }


def all_of_postern(postern, folder, work):
    data = tempfile.mkdtemp(dir=work)
    done = subprocess.run([postern, "index", folder, "--data", data], stdout=subprocess.DEVNULL)
    assert done.returncode in (0, 3), done.returncode
    out = os.path.join(data, "all.jsonl")
    subprocess.run([postern, "export", "--data", data, "--format", "jsonl", "--out", out], check=True, stdout=subprocess.DEVNULL)
    with open(out, encoding="utf-8") as lines:
        return {document["id"]: postern_reads(document) for document in map(json.loads, lines)}


# ---- classes of differences ----

class Case:
    """A field of a message that Postern and Python read in two ways."""

    def __init__(self, raw, message, field, ours, theirs):
        self.raw, self.message, self.field, self.ours, self.theirs = raw, message, field, ours, theirs
        self.more = collections.Counter(ours) - collections.Counter(theirs) if isinstance(ours, list) else None
        self.less = collections.Counter(theirs) - collections.Counter(ours) if isinstance(ours, list) else None
        self.head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]

    def value(self, name):
        return str(self.message.get(name) or "")

    def defects(self):
        parts = self.message.walk()
        return {type(defect).__name__ for part in parts for defect in part.defects}


def odd_head(case):
    """Python ends the headers at the first line that is none, Postern where no known header follows."""
    lines = case.head.splitlines()
    names = (line.split(b":")[0] for line in lines if line[:1] not in b" \t")
    is_odd = any(b":" not in line and line[:1] not in b" \t" for line in lines if line) or any(name != name.strip() for name in names)
    return is_odd or "MissingHeaderBodySeparatorDefect" in case.defects()


def bytes_without_charset(case):
    """Bytes beyond ASCII in headers, which say no charset: Python keeps them as unknown."""
    return not case.head.isascii()


def wrong_charset(case):
    """Text of no declared charset, or not of the declared one: read as what its letters or escapes look like."""
    if b"\x1b$" in case.raw or b"~{" in case.raw:
        return True
    differ = list((case.more + case.less).elements())
    beyond = [word for word in differ if not word.isascii()]
    garbled = not all(map(str.isascii, case.more)) and not all(map(str.isascii, case.less))
    return garbled or len(beyond) * 3 > len(differ) * 2 or (bool(beyond) and max(map(len, differ)) < 3)


def bytes_in_a_name(case):
    """Bytes beyond ASCII in the name of a file, or an encoded word in quotes: read as what they look like."""
    names = [part.get_filename() or "" for part in own_parts(case.message)]
    return any("\ufffd" in name for name in case.less) or any("=?" in name for name in names)


def unknown_word(case):
    """An encoded word of a charset that Python does not know, or whose bytes are not of it: Python leaves it."""
    return "=?" in case.theirs


def western_word(case):
    """A word in ISO 8859-1 is read as windows-1252, as browsers do (Encoding Standard, 4.2)."""
    return bool(re.search(r"(?i)=\?(iso-8859-1|us-ascii)\?", case.value("Subject"))) and not case.ours.isascii()


def blanks_of_python(case):
    """Python loses or makes blanks beside an encoded word (RFC 2047, 6.2)."""
    return re.sub(r"\s", "", case.ours) == re.sub(r"\s", "", case.theirs)


def behind_the_end(case):
    """Text behind the end of the parts is found (this project's rule; RFC 2046, 5.1.1 lets programs drop it)."""
    kept = collections.Counter(words(b"\n".join(epilogues(case.raw)).decode("latin-1")))
    return not case.less and not case.more - kept


def epilogues(raw):
    """What stands behind the closing line of any boundary, up to another one."""
    for name in set(re.findall(rb'boundary\s*=\s*"?([^"\r\n;]+)', raw)):
        for piece in re.split(rb"(?m)^--" + re.escape(name.strip()) + rb"--", raw)[1:]:
            yield piece


def uuencoded(case):
    """A file in uuencode in the text is an attachment, and no part of the text."""
    found = re.findall(rb"(?m)^begin [0-7]{3,4} (.*)\r?\n(?:[ -`]*\r?\n)+end\s*$", case.raw)
    names = [folded(name.decode("latin-1")).split("/")[-1] for name in found]
    if case.field == "files":
        return not case.less and not case.more - collections.Counter(names)
    return bool(found) and not case.more


def page(case):
    """Pages: Postern leaves out what nobody sees, and takes blocks and entities as the standard of HTML does."""
    return any(part.get_content_type() == "text/html" for part in own_parts(case.message))


def date_of_python(case):
    """A time with AM and PM, a zone by name or sign that Python does not know, a year of two digits."""
    value = case.value("Date")
    day = email.utils.parsedate_tz(value)
    odd = re.search(r"(?i)\b[ap]m\b|[+-]{2}|[A-Z]{2,}[+-]\d|\b0\d{3,4}\b|[A-Z]{3,}\s*$|\(|[+-]\d{1,3}\b|[+-]\d{5}", value)
    return bool(odd or day is None or day[0] < 1970 or case.theirs is None or case.ours is None)


def received_instead(case):
    """A date that nobody can read: Postern takes when the first server had the message."""
    return case.theirs is None


def without_brackets(case):
    """An id without brackets, or with a comment (RFC 5322, 3.6.4), is stored as an id alone."""
    bare = case.ours.strip("<>")
    return bool(bare) and bare in case.theirs


def no_id(case):
    """Words without brackets and `@` are no id (RFC 5322, 3.6.4)."""
    return not case.ours and "@" not in case.value("Message-ID")


def several_ids(case):
    """Ids with words around them: the first one counts."""
    return "<" in case.theirs


def broken_people(case):
    """An address that breaks the grammar (RFC 5322, 3.4): Postern recovers each `…@…` and invents none."""
    text = " ".join(str(value) for value in case.message.get_all(case.field, []))
    is_good = lambda address: re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", address)
    return not all(map(is_good, case.less)) or all(address in folded(text).lower() or "=?" in text for address in case.more)


def spelled_at(case):
    """`ann at x.org (Ann Lee)`, as archives of lists write it, is read as the address; Python finds none."""
    found = re.fullmatch(r"(\S+) at (\S+)\s*(\(.*\))?", folded(case.value(case.field)))
    return bool(found) and case.ours == [("%s@%s" % found.groups()[:2]).lower()] and not case.theirs


def hidden_address(case):
    """`ann @end|ng |rom x@org`, as archives of lists hide it, is no address; Python invents one."""
    return bool(re.search(r"@end\|ng \|rom|@ending from|m@iii@g oii", case.value(case.field))) and not case.ours


def inline_file(case):
    """A file that is `inline` and no part of the text is an attachment, also where it is named."""
    inline = [file_name(part) for part in own_parts(case.message) if part.get_content_disposition() == "inline"]
    return not case.less and not case.more - collections.Counter(filter(None, inline))


def opened(case):
    """`winmail.dat` and signed content of S/MIME are taken apart; what they hold is the message's own."""
    kinds = {part.get_content_type() for part in own_parts(case.message)}
    wrapped = {"application/ms-tnef", "application/vnd.ms-tnef", "application/pkcs7-mime", "application/x-pkcs7-mime"}
    return bool(kinds & wrapped)


def attached_message_of_python(case):
    """Python takes an attached message in base64 apart as text; it is one attachment."""
    kinds = [part for part in own_parts(case.message) if part.get_content_maintype() == "message"]
    return bool(kinds)


def broken_parts(case):
    """Parts with a boundary that is missing, twice, or not closed, or headers of a part that do not end."""
    known = {"StartBoundaryNotFoundDefect", "MultipartInvariantViolationDefect", "NoBoundaryInMultipartDefect",
             "CloseBoundaryNotFoundDefect", "InvalidMultipartContentTransferEncodingDefect"}
    types = re.findall(rb"(?im)^content-type\s*:", case.head)
    return (bool(case.defects() & known) or len(types) > 1)


def broken_encoding(case):
    """Base64 and quoted-printable that break their rules: Postern reads on, Python leaves them encoded."""
    encodings = [str(part.get("Content-Transfer-Encoding", "")).lower() for part in own_parts(case.message)]
    return any("base64" in one or "quoted" in one for one in encodings)


def other_text(case):
    """A text of a kind that is not known is text (RFC 2046, 4.1.4), and so is what no header line stands before."""
    no_text = not any(part.get_content_type() in ("text/plain", "text/html") for part in own_parts(case.message))
    return not case.theirs and (no_text or not is_mail(case.raw))


def odd_type(case):
    """A type that cannot be read is plain text (RFC 2045, 5.2)."""
    return any("/" not in str(part.get("Content-Type", "text/plain")) for part in own_parts(case.message))


# The classes of each field; the first that holds is counted.
CLASSES = {
    "from": [spelled_at, hidden_address, bytes_without_charset, odd_head, broken_people],
    "to": [bytes_without_charset, odd_head, broken_people],
    "subject": [bytes_without_charset, odd_head, unknown_word, western_word, blanks_of_python],
    "sent": [odd_head, received_instead, date_of_python],
    "id": [odd_head, without_brackets, several_ids, no_id],
    "files": [inline_file, uuencoded, opened, broken_parts, bytes_without_charset, odd_head, attached_message_of_python, bytes_in_a_name],
    "words": [behind_the_end, uuencoded, wrong_charset, opened, broken_parts, odd_head, page, broken_encoding, odd_type, other_text],
}

# Classes in which a field may differ that agreed before: a row of the fault reports asks for it.
CHANGED = {behind_the_end, inline_file, broken_parts, odd_head, bytes_without_charset, wrong_charset, opened, spelled_at, hidden_address, uuencoded}


# ---- the comparison ----

def draw(folder, count):
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file() and path.name != ".complete")
    return random.Random(SEED).sample(files, min(count, len(files)))


def copied(files, work):
    folder = tempfile.mkdtemp(dir=work)
    for number, path in enumerate(files):
        os.symlink(path.resolve(), os.path.join(folder, "%d.eml" % number))
    return folder


def is_mail(raw):
    """Postern takes a file without a header line for no mail, and Python makes a message of it."""
    return re.match(rb"\s*[\w-]+[ \t]*:", raw) is not None


def differences(files, ours):
    for path in files:
        raw = path.read_bytes()
        read = ours.get(hashlib.sha256(raw).hexdigest()[:32])
        if read is None:
            assert not is_mail(raw), path
            continue
        if raw.startswith(b"From "):
            raw = raw.partition(b"\n")[2]
        theirs, message = python_reads(raw)
        yield path, {field: Case(raw, message, field, read[field], theirs[field]) for field in FIELDS}


def main(postern, folder, work, count=2000, before=None):
    files = draw(folder, int(count))
    sample = copied(files, work)
    ours = all_of_postern(postern, sample, work)
    earlier = all_of_postern(before, sample, work) if before else {}
    total, found, bad = 0, collections.Counter(), []
    for path, cases in differences(files, ours):
        total += 1
        for field, case in cases.items():
            if case.ours == case.theirs:
                continue
            of = [one for one in CLASSES[field] if one(case)]
            found[field, of[0].__name__ if of else "none"] += 1
            if not of:
                bad.append((path, case))
            known = earlier.get(hashlib.sha256(path.read_bytes()).hexdigest()[:32])
            if known and known[field] == case.theirs and not set(of) & CHANGED:
                bad.append((path, case))
    print("%d messages, %d fields, %d differ" % (total, total * len(FIELDS), sum(found.values())))
    for (field, name), number in sorted(found.items()):
        print("%6d  %-8s %s" % (number, field, name))
    for path, case in bad[:20]:
        print("not explained: %s of %s" % (case.field, path))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
