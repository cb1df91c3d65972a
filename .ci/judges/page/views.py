"""The views of the page: without findings of axe in light and dark, drawn for a person to look at, quiet with hostile mail
open, and usable however much is found."""

import json
import os
import time

from evidence import TERMS, opens
from scene import PATIENCE

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
# With PAGE_FULL=1 both widths in light and in dark.
LOOKS = [(WIDE, "light"), (NARROW, "dark")] + ([(WIDE, "dark"), (NARROW, "light")] if os.environ.get("PAGE_FULL") else [])


def searched(one):
    one.opens("/?q=crane")
    one.counts()


def first(one):
    one.opens()
    one.counts()


def mistakes(one):
    searched(one)
    one.page.fill("#q", "form:alice (invoice is:reed")
    one.sees("#remarks .fix")


def completion(one):
    searched(one)
    one.page.fill("#q", "")
    one.page.locator("#q").press_sequentially("from:a")
    one.sees("#suggestions li")


def nothing(one):
    one.opens("/?q=nosuchword+crane")
    one.sees("#empty h2")


def message(one):
    searched(one)
    one.to_the_list()
    one.press("j", "j", "Enter")
    one.sees("#reading .text")


def view(key, what):
    def shown(one):
        message(one)
        one.press(key)
        one.sees(what)
    return shown


def dialog(key, what):
    def shown(one):
        searched(one)
        one.to_the_list()
        one.press(key)
        one.sees(what)
    return shown


def keys(one):
    dialog("?", "#keys-list")(one)
    assert one.page.locator("#keys").evaluate("one => one.scrollTop") == 0, "it begins at its start"


def docs(one):
    one.page.goto(one.base + "/docs")
    one.page.wait_for_selector("main h2")


def status(one):
    one.page.goto(one.base + "/status")
    one.sees(".card .plot")
    one.sees("table")


def saving(one):
    searched(one)
    one.to_the_list()
    one.press("s")
    one.sees("#save-name")


def reports(one):
    one.page.request.post(f"{one.base}/v1/reports", data={"terms": TERMS})
    opens(one, "reports")
    one.sees("#list a[id^=open]")


def report(one):
    reports(one)
    one.page.locator("#list a[id^=open]").first.click()
    one.sees("#evidence .caret")


def sets(one):
    for name, q in [("bills-2024", "invoice"), ("crane", "crane OR quay")]:
        one.page.request.put(f"{one.base}/v1/sets/{name}", data={"q": q, "note": "round 1, agreed on 3 May"})
    opens(one, "sets")
    one.sees("tbody tr")


def frozen(one):
    sets(one)
    opens(one, "sets&open=crane")
    one.page.locator("#compare").click()
    one.sees("#evidence section > div > p")


def alerts(one):
    one.page.request.put(f"{one.base}/v1/saved/Bills", data={"q": "invoice overdue"})
    opens(one, "alerts")
    one.sees("tbody tr")


def audit(one):
    opens(one, "audit")
    one.sees("tbody tr")


VIEWS = {
    "first": first, "results": searched, "mistakes": mistakes, "completion": completion, "nothing": nothing, "message": message,
    "thread": view("c", ".thread article"), "laid-out": view("l", "#reading iframe"), "headers": view("h", "#reading .headers"),
    "keys": keys, "commands": dialog("Control+k", "#commands-list"), "sent": dialog("w", "#sent-body"),
    "take-out": dialog("e", "#out"), "saving": saving, "status": status, "docs": docs,
    "reports": reports, "report": report, "sets": sets, "set": frozen, "alerts": alerts, "audit": audit,
}


def findings(one, axe):
    one.page.evaluate(axe)
    result = one.page.evaluate("axe.run({ resultTypes: ['violations'], iframes: false }).then(({ violations }) => violations.map(one => "
                               "({ id: one.id, nodes: one.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' :: ' + node.any.map(a => a.message).join(';')) })))")
    return result


def look(person, axe, folder):
    """Every view in both widths, in light and dark: findings, and pictures for a person."""
    found = {}
    for viewport, scheme in LOOKS:
        one = person(viewport=viewport, color_scheme=scheme)
        for name, show in VIEWS.items():
            show(one)
            said = findings(one, axe)
            if one.page.evaluate("document.documentElement.scrollWidth") > viewport["width"]:
                said = [*said, "it is wider than the window"]
            if said:
                found[f"{name} {viewport['width']} {scheme}"] = said
            one.page.screenshot(path=folder / f"{name}-{viewport['width']}-{scheme}.png")
        one.close()
    assert not found, json.dumps(found, indent=1)
    return len(VIEWS)


def hostile(one, count):
    """Opens every hostile mail in every view. `close` tells whether a policy had to stop anything."""
    one.page.add_init_script("addEventListener('securitypolicyviolation', event => console.error('policy: ' + event.violatedDirective))")
    one.opens("/?q=hostile")
    one.counts(count)
    for n in range(count):
        one.page.locator(f"#results li[data-n='{n}'] a").click()
        one.is_read()
        for part in one.page.locator(".attachments .link").all():
            part.click()
        one.press("l")
        one.page.frame_locator("#reading iframe").locator("body").wait_for()
        assert one.page.title() == "Postern"
        for key in "chv":
            one.press(key)
            one.is_read()


def keystroke(one):
    """Milliseconds of the page's own work for a key, the slowest of a hundred, in a long query."""
    one.opens("/?q=crane")
    one.counts()
    return one.page.evaluate("""() => {
        const box = document.querySelector('#q');
        const times = Array.from({ length: 100 }, (_, n) => {
            box.value += n % 7 ? 'a' : ' ';
            const began = performance.now();
            box.dispatchEvent(new InputEvent('input', { bubbles: true }));
            box.getBoundingClientRect();
            return performance.now() - began;
        });
        return Math.max(...times);
    }""")


def many(one, count=100_000):
    """With that many hits the document stays small, and the last of what was loaded can be reached."""
    def answer(route):
        start = int(route.request.post_data_json.get("cursor", 0))
        hits = [{
            "id": str(n), "subject": f"number {n}", "from": {"name": "A"}, "to": [], "cc": [], "attachments": [], "places": [],
            "receivedDateTime": "2024-01-01T00:00:00Z", "links": {"self": f"/v1/messages/{n}"},
            "snippet": {"text": "some words " * (n % 30), "ranges": [], "subjectRanges": [], "attachments": []},
        } for n in range(start, start + 50)]
        route.fulfill(json={"results": hits, "count": {"value": count, "exact": True}, "nextCursor": str(start + 50), "servedBy": {"engine": "local"},
                            "query": {"canonical": "", "zone": "UTC", "fidelity": "exact", "advice": []}, "tookMs": 1})

    one.page.route("**/v1/search", answer)
    one.opens("/?q=many")
    one.sees("#count", "100,000")
    one.page.mouse.move(700, 600)
    most = last = 0
    ends = time.monotonic() + 2 * PATIENCE
    while last < 1000:
        assert time.monotonic() < ends, last
        one.page.mouse.wheel(0, 3000)
        one.page.wait_for_timeout(15)
        rows = one.page.locator("#results li").evaluate_all("all => all.map(one => Number(one.dataset.n))")
        most, last = max(most, len(rows)), max(rows)
    assert most <= 300, most
    one.page.evaluate("document.querySelector('#found').scrollTop = 0")
    one.sees("#results li[data-n='0']")
    return most, last
