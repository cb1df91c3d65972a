"""Field for field: the documents of a sync beside those of the same mail indexed from its EML files.

The stand-in reads each file with Python's reader and writes an MSG of what it read. What that changes has a kind here, with a
condition that is checked against the file, or against what the server lists of the item; a difference that meets no condition fails.
"""

import collections
import email
import email.policy
import re

from scene import check, digest, tell

PEOPLE = {"toRecipients": "to", "ccRecipients": "cc", "bccRecipients": "bcc"}
DATES = {"sentDateTime": "sent", "receivedDateTime": "received"}
# Differences of these kinds come from odd mail; in ordinary mail they would be defects of ours, so they must stay rare.
RARE = {"letters beyond ASCII, as the server decoded them", "a date as the server read it", "people as the server read them", "attachments as the server read them", "a broken encoding, as the server read it"}


def same(found, served, reference, root, quiet=False):
    kinds, strange = collections.Counter(), []
    for ident, (document, key) in found.items():
        path = served.paths[key]
        raw = path.read_bytes()
        original = reference.get(digest(raw))
        check(original is not None, "the reference does not have", path)
        message = parsed(raw)
        for field in sorted(set(document) | set(original)):
            if document.get(field) != original.get(field):
                kind = explained(field, document, original, served.listed[key], message, served.places[key])
                kinds[kind] += bool(kind)
                if not kind:
                    strange.append((path.name, field, original.get(field), document.get(field)))
    for name, field, theirs, ours in strange[:10]:
        print(f"   {name} {field}: from EML {str(theirs)[:200]!r}, from MSG {str(ours)[:200]!r}")
    check(not strange, f"{len(strange)} differences that nothing explains", dict(collections.Counter(field for _, field, _, _ in strange)))
    for kind in RARE:
        check(kinds[kind] <= len(found) // 20 + 2, f"{kinds[kind]} of {len(found)} messages: {kind}")
    if not quiet:
        tell(f"field for field as from EML, but for what the form explains: { {kind: count for kind, count in kinds.most_common() if kind} }")


def parsed(raw):
    """As the stand-in parses: without the line of an mbox."""
    raw = raw.split(b"\n", 1)[-1] if raw.startswith((b"From ", b">From ")) else raw
    return email.message_from_bytes(raw, policy=email.policy.compat32)


def explained(field, ours, theirs, listed, message, places):
    our, their = ours.get(field), theirs.get(field)
    if field in ("id", "size"):
        return "other bytes"
    if field in ("itemId", "fragmentId"):
        return "the ids of the server"
    if field == "isRead":
        return "an MSG has a mark for read" if their is None else None
    if field == "places":
        held = {(one["mailbox"], one["folder"]) for one in our or [] if one["source"] == "veeam"}
        return "the source of its places" if held == places and len(our) == len(held) else None
    if field in ("mailbox", "folder"):
        # A message in several places is shown with one of them.
        return "another of its places" if len(places) > 1 else None
    if field in ("fromName", "fromAddress", *PEOPLE):
        return people(field, ours, theirs, listed)
    if field in ("attachments", "hasAttachments"):
        return attachments(ours, theirs, listed, message)
    if field in DATES:
        # What the server could not read stands nowhere in the MSG.
        return "a date as the server read it" if (listed.get(DATES[field]) or our) == our else None
    if field == "categories":
        # The server makes no categories of this header.
        return "keywords of the headers" if message.get("Keywords") and not our else None
    if field == "subject":
        return text(our or "", their or "") or (undeclared(message) if our == listed.get("subject") else None)
    return body(our or "", their or "", message) if field == "body" else None


def body(our, their, message):
    # Of what stands behind the end of the parts, such as the footer of a list, the server makes no text.
    squeeze = lambda value: re.sub(r"\s", "", value)
    behind = squeeze("".join(part.epilogue or "" for part in message.walk() if part.is_multipart()))
    if behind and squeeze(their).startswith(squeeze(our)) and squeeze(their)[len(squeeze(our)):] in behind:
        return "text behind the end of the parts"
    named = [part for part in message.walk() if part.get_content_maintype() == "text" and part.get_filename()]
    if named:
        return text(our, their) or "a text with a file name is an attachment"
    # Of malformed quoted-printable the equals signs are read differently; a multipart without its parts has no body for the server.
    signs = lambda value: re.sub(r"=|3D|\s", "", value)
    broken = signs(our) == signs(their) or not our and message.get_content_maintype() == "multipart" and not message.is_multipart()
    return text(our, their) or ("a broken encoding, as the server read it" if broken else undeclared(message))


def undeclared(message):
    """Bytes beyond ASCII that no charset explains are read by guess, and two readers guess differently."""
    raw = message.as_bytes() if not message.defects else str(message).encode("utf-8", "surrogateescape")
    return "letters beyond ASCII, as the server decoded them" if re.search(rb"[\x80-\xff]|=[89A-F][0-9A-F]", raw) else None


def people(field, ours, theirs, listed):
    """Who it is, is what the server read; what it found no name for has its address as a name."""
    if field in ("fromName", "fromAddress"):
        our, their = ([{"name": one.get("fromName"), "address": one.get("fromAddress")}] for one in (ours, theirs))
        read = listed.get("from", "")
    else:
        our, their, read = ours.get(field) or [], theirs.get(field) or [], listed.get(PEOPLE[field], "")
    bare = lambda some: [(None if one["name"] == one["address"] else one["name"], one["address"]) for one in some]
    unquoted = lambda some: [(name and name.strip("'()"), address) for name, address in bare(some)]
    if bare(our) == bare(their):
        return "a name that is the address"
    if unquoted(our) == unquoted(their):
        return "quotation marks or brackets around a name"
    if [one["address"] for one in our] == [one["address"] for one in their]:
        kind = {text(a["name"] or "", b["name"] or "") for a, b in zip(our, their) if a["name"] != b["name"] and a["name"] != a["address"]}
        return None if None in kind else "a name that is the address" if not kind else "letters beyond ASCII, as the server decoded them"
    return "people as the server read them" if {one["address"] for one in our} <= set(read.split("; ")) else None


def attachments(ours, theirs, listed, message):
    kind = message.get_content_type()
    if kind == "multipart/signed" or kind.endswith("pkcs7-mime"):
        return "a signed message is one attachment"
    kinds = {part.get_content_type() for part in message.walk()}
    if "application/ms-tnef" in kinds:
        return "an attachment of Outlook's own form"
    if "message/rfc822" in kinds:
        return "an attached message is an item"
    names = lambda document: sorted(one.get("name") or "" for one in document.get("attachments") or [])
    if names(ours) == names(theirs):
        return "the type or length of an attachment"
    return "attachments as the server read them" if names(ours) == sorted(one["name"] for one in listed.get("attachments", [])) else None


def text(our, their):
    visible = lambda value: re.sub(r"[^\x21-\x7e]", "", value)
    if re.sub(r"\s", "", our) == re.sub(r"\s", "", their):
        return "white space"
    return "letters beyond ASCII, as the server decoded them" if visible(our) == visible(their) else None
