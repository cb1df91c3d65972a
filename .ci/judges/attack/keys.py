"""What premium says of one key: refused keys read nothing, and no key takes premium from another."""

import hashlib
import http.client
import json

import wire
from scene import ATTACKER, INDEX, LIMITED, OWN, T1, T2, Key

DOCUMENTS = f"/api/{T1}/indexes/{INDEX}/documents"
MARK = b"contoso.com"  # stands in every mail of the samples


def ways(message):
    """The ways to local mail, none of which a refused key may go."""
    path = f"/v1/messages/{message}"
    return {
        "search": lambda base, key: wire.get(base, "/v1/search", key, q="invoice", engine="local"),
        "search, any engine": lambda base, key: wire.get(base, "/v1/search", key, q="invoice"),
        "a query that premium cannot say": lambda base, key: wire.get(base, "/v1/search", key, q="in:inbox size>1"),
        "search by POST": lambda base, key: wire.post(base, "/v1/search", {"q": "invoice", "engine": "local"}, key),
        "completion": lambda base, key: wire.get(base, "/v1/complete", key, q="from:"),
        "message": lambda base, key: wire.get(base, path, key),
        "view": lambda base, key: wire.get(base, path, key, format="html"),
        "original": lambda base, key: wire.get(base, f"{path}/eml", key),
        "attachment": lambda base, key: wire.get(base, f"{path}/attachments/0", key),
        "thread": lambda base, key: wire.get(base, f"/v1/threads/{message}", key),
        "export": lambda base, key: wire.post(base, "/v1/export", {"q": "invoice", "format": "mbox"}, key),
        "status": lambda base, key: wire.get(base, "/v1/status", key),
        "translate with people": lambda base, key: wire.get(base, "/v1/translate", key, q="from:alma"),
        "drop-in search": lambda base, key: wire.get(base, DOCUMENTS, key, query="invoice"),
        "drop-in fields": lambda base, key: wire.get(base, f"/api/{T1}/indexes/{INDEX}/fields", key),
        "another index": lambda base, key: wire.get(base, f"/api/{T1}/indexes/other/documents", key, query="invoice"),
        "browse": lambda base, key: wire.get(base, f"/api/{T1}/discovery/loc/source/{LIMITED}/items/-", key, types="MailboxFolder"),
        "download": lambda base, key: wire.get(base, f"/api/{T1}/discovery/loc/source/{LIMITED}/items/{message}/download", key),
        "locations": lambda base, key: wire.get(base, f"/api/{T1}/locations", key),
    }


def refused(tally, opened, message):
    """Each way is the first that a key of its own goes; then all of them with one known as refused."""
    firsts = {name: Key(f"refused-{number}", status=401) for number, name in enumerate(ways(message))}
    known = Key("refused", status=401)
    twin = Key("refused-twin", status=401, of=known)
    with opened([*firsts.values(), known, twin]) as gateway:
        for name, way in ways(message).items():
            answer = way(gateway.base, firsts[name])
            # What needs no mail may be said before premium was asked.
            fits = answer.status in ((200, 401) if name == "translate with people" else (401,))
            tally.check(fits and MARK not in answer.body, f"never asked, {name}: {answer} instead of 401")
        ways(message)["drop-in search"](gateway.base, known)
        for key in (known, twin):
            for name, way in ways(message).items():
                answer = way(gateway.base, key)
                tally.check(answer.status == 401 and MARK not in answer.body, f"{key.name}, {name}: {answer} instead of 401")


def own(tally, opened, record, message):
    """A key of Postern's own is answered locally, within its mailboxes, and upstream never sees it."""
    with opened([]) as gateway:
        for name, way in ways(message).items():
            answer = way(gateway.base, OWN)
            tally.check(answer.status != 401 and b"b.user@contoso.com/" not in answer.body, f"own key, {name}: {answer}")
        found = wire.get(gateway.base, "/v1/search", OWN, q="invoice").json()
        boxes = {hit.get("mailbox") for hit in found.get("results", [])}
        tally.check(boxes == {LIMITED}, f"own key: finds mail of {boxes}")
    shown = [seen["line"] for seen in record.new() if OWN.secret in str(seen["headers"])]
    tally.check(not shown, f"own key was sent upstream: {shown[:2]}")


def alone(tally, opened):
    """What one key meets: the other one goes on with premium, each time. (The watchers' key, of another tenant, too.)"""
    for status in (402, 403, 404, 409, 429, 500, 501, 502, 503):
        bad, good = Key(f"bad-{status}", status=status), Key(f"good-{status}")
        with opened([bad, good]) as gateway:
            for number in range(6):
                wire.get(gateway.base, DOCUMENTS, bad, query=f"invoice {number}")
                answer = wire.get(gateway.base, DOCUMENTS, good, query="invoice")
                by = answer.header("postern-served-by")
                if not tally.check(by == "premium", f"after {number + 1} times {status} of another key: {answer} of {by or 'nobody'}"):
                    break
            searched = wire.get(gateway.base, "/v1/search", good, q="invoice")
            tally.check(
                searched.header("postern-served-by") == "premium",
                f"/v1/search after {status} of another key: {searched.header('postern-reason')}",
            )


def limited(tally, opened, foreign):
    """A limited key against what it may not see: ids, threads, exports, completion, filters, counts."""
    some, there = Key("limited", mailboxes=[LIMITED]), Key("limited-there", tenant=T2, mailboxes=[LIMITED])
    with opened([some, there]) as gateway:
        for name in ("message", "view", "original", "attachment"):
            answer = ways(foreign)[name](gateway.base, some)
            tally.check(answer.status == 404, f"limited key, {name} of another mailbox: {answer}")
        for q in (
            "mailbox:b.user@contoso.com",
            "*",
            "-mailbox:a.user@contoso.com",
            "mailbox:a.user@contoso.com OR mailbox:b.user@contoso.com",
        ):
            hits = wire.get(gateway.base, "/v1/search", some, q=q, limit=1000, facets="mailbox").json()
            boxes = {hit.get("mailbox") for hit in hits.get("results", [])} - {LIMITED}
            tally.check(not boxes, f"limited key, {q}: finds mail of {boxes}")
        whole = wire.get(gateway.base, "/v1/search", some, q="*", facets="mailbox,folder", engine="local").json()
        tally.check("b.user@" not in json.dumps(whole.get("facets")), "limited key: facets name another mailbox")
        same_in_both(tally, gateway, some, there)


ALIKE = {
    "relevance": dict(q="(harbour OR invoice OR crane) sort:relevance", engine="local", limit=100),
    "relevance of one word": dict(q="harbour sort:relevance", engine="local", limit=100),
    "a misspelt word": dict(q="harbor~2 sort:relevance", engine="local", limit=100),
    "a beginning": dict(q="ha* sort:relevance", engine="local", limit=100),
    "facets": dict(q="*", engine="local", facets="sender,senderDomain,year,folder,mailbox,attachmentType"),
}


def same_in_both(tally, gateway, here, there):
    """Two tenants hold the same mail of this mailbox and other mail of others: nothing may tell them apart."""
    for name, params in ALIKE.items():
        answers = [wire.get(gateway.base, "/v1/search", key, **params).json() for key in (here, there)]
        told = [
            ([(hit["id"], hit.get("score")) for hit in answer.get("results", [])], answer.get("count"), answer.get("facets"))
            for answer in answers
        ]
        tally.check(
            told[0] == told[1] and told[0][0],
            f"limited key, {name}: tells of mail that it may not see: {str(told[0])[:120]} beside {str(told[1])[:120]}",
        )
    for q in ("ha", "from:", "from:m", "subject:har", "in:", "mailbox:", "filename:"):
        answers = [wire.get(gateway.base, "/v1/complete", key, q=q, limit=50).json() for key in (here, there)]
        tally.check(answers[0] == answers[1], f"limited key, completion of {q}: {str(answers[0])[:150]} beside {str(answers[1])[:150]}")


def digest(raw):
    """The id of a message."""
    return hashlib.sha256(raw).hexdigest()[:32]


def identity(file):
    return digest(file.read_bytes())


def names_of_indexes(tally, opened, bounds):
    """The fields of thousands of indexes that nobody has are not remembered one by one."""
    with opened([]) as gateway:
        connection = http.client.HTTPConnection(gateway.base.removeprefix("http://"), timeout=30)
        before = 0.0
        for number in range(1500):
            connection.request("GET", f"/api/{T1}/indexes/{number:06}{'n' * 6000}/fields", headers={"X-API-Key": ATTACKER.secret})
            connection.getresponse().read()
            before = gateway.memory() if number == 300 else before
        grown = gateway.memory() - before
    tally.check(grown <= bounds.names_memory, f"the fields of 1,500 indexes: {grown:.0f} MB are kept")
    tally.most("MB", grown, "fields of 1,500 indexes")


def run(tally, opened, record, samples, bounds):
    tally.begin("refused and other keys")
    mine = identity(sorted((samples / LIMITED / "Inbox").iterdir())[0])
    foreign = identity(sorted((samples / "b.user@contoso.com" / "Inbox").iterdir())[0])
    refused(tally, opened, mine)
    own(tally, opened, record, mine)
    alone(tally, opened)
    limited(tally, opened, foreign)
    names_of_indexes(tally, opened, bounds)
