"""The page's part of evidence, by keyboard and by pointer: reports, sets, alerts, the audit log, and keys that may not."""

import csv
import hashlib
import io
import json
import re

from playwright.sync_api import expect

# Two queries that find something, one with an error, and one that finds nothing.
TERMS = "bills\tinvoice\ncrane\nbroken\tform:alice (invoice\nnosuchword\n"
TENANT = "11111111-1111-4111-8111-111111111111"


def opens(one, view):
    one.page.goto(f"{one.base}/evidence?view={view}")
    one.page.wait_for_selector("body.ready")


def found(one, q):
    one.opens("/?q=" + q)
    return one.counts()


def counted(one, terms):
    """Asks for a report by keyboard, and waits until it is done."""
    opens(one, "reports")
    before = one.page.locator("#list a[id^=open]").count()
    one.until_focus("#terms")
    one.page.keyboard.insert_text(terms)
    one.until_focus("form .primary")
    one.press("Enter")
    expect(one.page.locator("#list a[id^=open]")).to_have_count(before + 1)


def reports(one):
    bills = found(one, "invoice")
    counted(one, TERMS)
    # The one that was asked for last comes first.
    one.until_focus("#list a[id^=open]")
    one.press("Enter")
    one.sees("h2", "Report of")
    lines = one.page.locator("tbody tr")
    expect(lines).to_have_count(5)
    expect(lines.nth(0)).to_contain_text("bills")
    assert int(lines.nth(0).locator("td").nth(1).inner_text()) == bills
    assert float(lines.nth(0).locator("meter").get_attribute("value")) == bills
    # The place of each error, under the query, and what to write.
    wrong = lines.nth(2).locator(".caret").all_inner_texts()
    assert wrong[0] == "form:alice (invoice\n^^^^", wrong
    expect(lines.nth(2)).to_contain_text("from")
    assert lines.nth(3).locator("td").nth(1).inner_text() == "0"
    one.sees("#evidence", "4 queries, 1 with errors, 1 without matches")
    one.page.locator("summary:has-text('no text')").click()
    one.sees("#evidence section details[open] a")
    rows = list(csv.reader(io.StringIO(one.saved(lambda: one.click("[data-form=csv]")).decode("utf-8-sig"))))
    assert len(rows) == 6 and rows[1][0] == "bills", rows
    told = json.loads(one.saved(lambda: one.click("[data-form=json]")))
    assert told["lines"][0]["matches"] == bills
    one.until_focus("[data-form=html]")
    assert b"<!doctype html>" in one.saved(lambda: one.press("Enter")).lower()
    # A click on a query searches for it.
    one.click("td a:has-text('invoice')")
    one.counts(bills)
    # A list as a file, and a report that is deleted, asked twice.
    opens(one, "reports")
    one.page.set_input_files("#file", {"name": "terms.csv", "mimeType": "text/csv", "buffer": b"name,query\nquay,quay\n"})
    expect(one.page.locator("#terms")).to_have_value("name,query\nquay,quay\n")
    one.click("form .primary")
    left = one.page.locator("#list a[id^=open]")
    expect(left).to_have_count(2)
    one.click("#list button:has-text('Delete')")
    expect(left).to_have_count(2)
    one.click("#list button:has-text('Yes, delete')")
    expect(left).to_have_count(1)
    one.page.locator("#list button").focus()
    one.press("Enter", "Enter")
    one.sees("#list", "There is none")


def how_far(one):
    """A report that waits and is made says how far it is, and can be stopped."""
    def answer(state, counted):
        job = {"id": "1", "state": state, "asked": "2026-01-02T03:04:05Z", "expires": "2026-01-09T03:04:05Z",
               "progress": {"looked": 10, "messages": 10, "counted": counted, "queries": 8}, "links": {"self": "/v1/reports/1"}}
        return lambda route: route.fulfill(status=204) if route.request.method == "DELETE" else route.fulfill(json={"reports": [job]})

    one.page.route("**/v1/reports**", answer("waiting", 0))
    opens(one, "reports")
    one.sees("#list", "waits")
    one.page.unroute("**/v1/reports**")
    one.page.route("**/v1/reports**", answer("running", 2))
    one.sees("#list", "2 / 8")
    assert float(one.page.get_attribute("#list progress", "value")) == 0.625
    one.page.unroute("**/v1/reports**")
    one.page.route("**/v1/reports**", answer("interrupted", 2))
    one.sees("#list", "broke off")


def sets(one):
    count = found(one, "invoice")
    # From what is in the box, by keyboard.
    one.to_the_list()
    one.press("Control+k")
    one.typed("freeze")
    one.press("Enter")
    expect(one.page.locator("#query")).to_have_value("invoice")
    one.until_focus("#name")
    one.typed("bills")
    one.press("Enter")
    one.sees("h2", "bills")
    expect(one.page.locator("dt:has-text('Messages') + dd")).to_have_text(str(count))
    # And by pointer.
    found(one, "invoice+OR+crane")
    one.click("#freeze")
    one.page.fill("#name", "Not A Name")
    one.click("form .primary")
    assert one.page.evaluate("!document.querySelector('#name').checkValidity()")
    one.page.fill("#name", "both")
    one.page.fill("#note", "round 1")
    one.click("form .primary")
    one.sees("h2", "both")
    expect(one.page.locator("#note")).to_have_value("round 1")
    one.page.fill("#note", "round 2 <img src=x onerror=alert(1)>")
    one.click("#evidence form button")
    one.sees("#says", "The note is saved")
    one.page.reload()
    expect(one.page.locator("#note")).to_have_value("round 2 <img src=x onerror=alert(1)>")
    # Compared: all of the one is in the other.
    one.click("#compare")
    one.sees("#evidence section > div > p", f"In both: {count}")
    one.sees("#evidence summary", "Only in both")
    one.sees("#evidence summary:has-text('Only in bills')", ": 0")
    # Taken out, held and released, by keyboard.
    one.page.select_option("#format", "jsonl")
    one.until_focus("#export")
    saved = one.saved(lambda: one.press("Enter"))
    assert saved.count(b"\n") > count, saved[:200]
    one.until_focus("#hold")
    one.press("Enter")
    expect(one.page.locator("#hold")).to_have_text("Yes, hold")
    one.press("Enter")
    one.sees("#release")
    expect(one.page.locator("#remove")).to_have_count(0)
    one.click("#release")
    one.click("#release")
    one.sees("#hold")
    # In the box by a click.
    opens(one, "sets")
    expect(one.page.locator("tbody tr")).to_have_count(2)
    one.click("tbody a:has-text('set:bills')")
    one.has_box("set:bills")
    one.counts(count)
    for name in ("bills", "both"):
        opens(one, f"sets&open={name}")
        one.click("#remove")
        one.click("#remove")
        one.page.wait_for_url("**/evidence?view=sets")
    one.sees("#evidence", "There is none yet")


def alerts(one):
    """What is watched, what is new in it, and how fresh that is."""
    for name, q in [("Late", "subject:delivery"), ("Bills", "invoice")]:
        one.page.request.put(f"{one.base}/v1/saved/{name}", data={"q": q})
    late = one.deliver()
    one.opens()
    one.until("fetch('/v1/saved').then(answer => answer.json()).then(({ searches }) => searches.some(one => one.new === 1))")
    opens(one, "alerts")
    one.sees("#evidence .chip", "watched")
    row = one.page.locator("tbody tr:has-text('Late')")
    expect(row.locator("button").first).to_have_text("1 new")
    row.locator("button").first.focus()
    one.press("Enter")
    one.sees("h2", "New in Late")
    one.sees(f"table a:has-text('{late}')")
    expect(row.locator("td").nth(3)).to_have_text("0")
    one.click(f"table a:has-text('{late}')")
    one.sees("#subject", late)
    one.has_box("subject:delivery")
    opens(one, "alerts")
    for name in ("Late", "Bills"):
        one.click(f"button:has-text('Forget {name}')")
        one.click("button:has-text('Yes, delete')")
        expect(one.page.locator(f"tr:has-text('{name}')")).to_have_count(0)
    one.sees("#evidence", "No search is saved")


def audit(one):
    found(one, "invoice+zebra")
    opens(one, "audit")
    one.sees("tbody tr")
    one.until_focus("#text")
    one.typed("zebra")
    one.press("Enter")
    one.page.wait_for_url("**/evidence?*text=zebra*")
    one.sees("tbody tr", "invoice zebra")
    one.page.locator("tbody summary").first.focus()
    one.press("Enter")
    one.sees("tbody pre", '"query": "invoice zebra"')
    one.page.select_option("#what", "hold")
    one.click("form .primary")
    one.sees("#evidence", "No entry is like that")
    one.page.fill("#text", "")
    one.page.select_option("#what", "search")
    one.page.fill("#before", "2000-01-01")
    one.click("form .primary")
    one.sees("#evidence", "No entry is like that")
    one.page.go_back()
    one.page.go_back()
    expect(one.page.locator("#text")).to_have_value("zebra")
    # There and back by keys.
    one.opens()
    one.counts()
    one.to_the_list()
    one.press("g", "e")
    one.sees("#tabs [aria-current=page]", "Reports")
    one.click("#tabs a:has-text('Audit log')")
    one.sees("#tabs [aria-current=page]", "Audit log")


def configured(work):
    """A gateway of keys: one that may only search, and one that may read the audit log."""
    keys = {"reader": [], "auditor": ["audit"]}
    table = "[[keys]]\nname = \"{0}\"\nsha256 = \"{1}\"\ntenant = \"{2}\"\nrights = {3}\nmailboxes = [\"a.user@contoso.com\"]\n"
    config = work / "keys.toml"
    config.write_text("\n".join(table.format(name, hashlib.sha256(name.encode()).hexdigest(), TENANT, json.dumps(rights)) for name, rights in keys.items()))
    return config


def rights(one):
    """What a key may not do is not shown, and said in words."""
    one.page.goto(one.base + "/evidence")
    one.sees("h2", "A key is needed")
    one.opens()
    one.page.evaluate("sessionStorage.setItem('key', 'reader')")
    one.page.goto(one.base + "/evidence?view=sets")
    one.sees("#says", "lacks the right “evidence”, which reports and sets need")
    one.sees("#says", "lacks the right “audit”")
    assert one.page.locator("#tabs a").all_inner_texts() == ["Alerts"]
    assert not one.page.locator("#evidence > *").count()
    one.page.evaluate("sessionStorage.setItem('key', 'auditor')")
    one.page.goto(one.base + "/evidence?view=audit")
    one.sees("tbody tr", "auditor")
    assert one.page.locator("#tabs a").all_inner_texts() == ["Alerts", "Audit log"]
    # A key that is limited to mailboxes sees what it did itself.
    assert not re.search("reader", one.page.inner_text("tbody"))


ALL = [reports, how_far, sets, alerts, audit]
