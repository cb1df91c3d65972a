"""Every way to every hostile mail: the answer, its safety, and its cost."""

import hashlib
import re
from html.parser import HTMLParser

import wire
from gateway import Cost
from scene import AWAY, HOSTILE, INDEX, T1

# Elements that run, load, send or take over the page.
NOT_SHOWN = {
    "script",
    "style",
    "iframe",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "form",
    "input",
    "button",
    "select",
    "textarea",
    "base",
    "svg",
    "math",
    "template",
    "noscript",
    "video",
    "audio",
    "source",
    "marquee",
    "xmp",
    "plaintext",
    "portal",
}
LOADING = {
    "src",
    "srcset",
    "background",
    "poster",
    "data",
    "lowsrc",
    "dynsrc",
    "action",
    "formaction",
    "srcdoc",
    "style",
    "ping",
    "xlink:href",
    "manifest",
}


class Markup(HTMLParser):
    """What of a page may run or be loaded."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag in NOT_SHOWN:
            self.found.append(f"<{tag}>")
        for name, value in attributes:
            self.attribute(tag, name, re.sub(r"[\0-\x20]", "", value or "").lower())

    def attribute(self, tag, name, value):
        ours = value.startswith("/") and not value.startswith("//")
        if name.startswith("on") or name in LOADING:
            self.found.append(f"{tag} {name}")
        if name == "href" and tag == "link" and not ours:
            self.found.append(f"link {value[:40]}")
        if name == "href" and re.match(r"(?!https?:|mailto:|tel:)[a-z][a-z0-9+.-]*:", value):
            self.found.append(f"{tag} href {value[:40]}")
        if name == "http-equiv" and value == "refresh":
            self.found.append("meta refresh")


def dangers(answer):
    """What a browser might do with an HTML view."""
    page = Markup()
    page.feed(answer.body.decode("utf-8", "replace"))
    page.close()
    policy = answer.header("content-security-policy")
    wants = [("default-src 'none'", policy), ("sandbox", policy), ("nosniff", answer.header("x-content-type-options"))]
    return page.found[:3] + [f"no {want} in {where!r}" for want, where in wants if want not in where]


def ways(id):
    """The ways to one message."""
    path = f"/v1/messages/{id}"
    return {
        "JSON": path,
        "view": f"{path}?format=html",
        "original": f"{path}/eml",
        "attachment": f"{path}/attachments/0",
        "thread": f"/v1/threads/{id}",
    }


def judge(tally, what, cost, bounds, allowed=(200,)):
    answer = cost.answer
    tally.check(answer.status in allowed, f"{what}: {answer} after {answer.seconds:.1f} s")
    tally.most("CPU s", cost.cpu, what)
    tally.most("MB", cost.memory, what)
    if cost.cpu > bounds.mail_cpu or cost.memory > bounds.mail_memory or cost.settled is None:
        tally.fault(f"{what}: {cost.cpu:.1f} s of CPU, {cost.memory:.0f} MB ({answer})")


def judge_way(tally, name, way, cost, bounds):
    answer = cost.answer
    judge(tally, f"{name}, {way}", cost, bounds, (200, 404) if way == "attachment" else (200,))
    if way == "view" and answer.status == 200:
        found = dangers(answer)
        tally.check(not found, f"{name}, view: {found}")
    if way == "attachment" and answer.status == 200:
        kind, disposition = answer.header("content-type"), answer.header("content-disposition")
        safe = (
            kind == "application/octet-stream"
            and disposition.startswith("attachment")
            and "/" not in disposition.split("''")[0]
            and "\\" not in disposition
        )
        tally.check(safe and answer.header("x-content-type-options") == "nosniff", f"{name}: attachment as {kind}, {disposition[:80]}")


def lists():
    """The mails together: in lists, with highlights, and exported."""
    search = {"q": f"mailbox:{HOSTILE}", "engine": "local", "limit": 1000}
    drop_in = f"/api/{T1}/indexes/{INDEX}/documents"
    many = {
        "a list": lambda base, timeout: wire.post(base, "/v1/search", search, AWAY, timeout),
        "a list with highlights": lambda base, timeout: wire.post(
            base, "/v1/search", {**search, "q": f"mailbox:{HOSTILE} harbour OR crane OR x", "highlight": True}, AWAY, timeout
        ),
        "a drop-in list": lambda base, timeout: wire.get(base, drop_in, AWAY, timeout, query="hostile OR harbour OR x OR plain", top=1000),
    }
    for format in ("jsonl", "csv", "mbox", "zip"):
        many[f"export as {format}"] = lambda base, timeout, format=format: wire.post(
            base, "/v1/export", {"q": f"mailbox:{HOSTILE}", "format": format}, AWAY, timeout
        )
    return many


def every_way(mails):
    """(mail, way, act) in the order in which they are tried."""
    for name, raw in mails.items():
        for way, path in ways(hashlib.sha256(raw).hexdigest()[:32]).items():
            yield name, way, lambda base, timeout, path=path: wire.get(base, path, AWAY, timeout)
    for name, act in lists().items():
        yield name, "together", act


def run(tally, opened, mails, bounds):
    tally.begin("hostile mails")
    waiting = list(every_way(mails))
    while waiting:
        with opened() as gateway:
            idle = gateway.rate(1.5)
            while waiting:
                name, way, act = waiting.pop(0)
                cost = Cost(gateway, idle, bounds.patience, lambda: act(gateway.base, bounds.timeout))
                judge_way(tally, name, way, cost, bounds)
                if cost.settled is None:
                    break
