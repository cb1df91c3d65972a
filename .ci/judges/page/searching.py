"""The box, who answered, bars, facets and rows, by keyboard and by pointer."""

import re

from playwright.sync_api import expect


def first_view(one):
    one.opens()
    one.counts()
    one.page.wait_for_load_state("networkidle")
    assert len(one.of_the_api()) <= 3, one.of_the_api()


def box(one):
    one.opens()
    assert one.focus() == "q", "the box has the focus"
    one.typed("form:alice (invoice")
    expect(one.page.locator("#remarks .error")).to_have_count(2)
    # Remarks to what was typed so far stay until the rest is read; colours go with each letter.
    one.until("CSS.highlights.get('error')?.size === 2")
    one.click("#remarks .fix")
    one.has_box("from:alice (invoice")
    one.page.fill("#q", "form:alice (invoice")
    one.click("#remarks .fix:has-text('Fix all')")
    one.has_box("from:alice (invoice)")
    # By keyboard too.
    one.page.fill("#q", "form:alma")
    one.sees("#remarks .fix", "from")
    one.until_focus("#remarks .fix")
    one.press("Enter")
    one.has_box("from:alma")
    assert one.focus() == "q"
    one.until("[...CSS.highlights.keys()].includes('operator')")
    height = one.page.locator(".box").bounding_box()["height"]
    one.page.fill("#q", "word " * 400)
    grown = one.page.locator(".box").bounding_box()["height"]
    assert height * 2 < grown < height * 5, (height, grown)
    one.page.fill("#q", "invoice or bill")
    one.sees("#remarks .advice", "the operator is OR")
    # Former queries at the ends of the box.
    for text in ("invoice", "crane"):
        one.page.fill("#q", text)
        one.press("Enter")
        one.counts()
    one.press("Control+Home", "ArrowUp")
    one.has_box("invoice")
    one.press("ArrowDown")
    one.has_box("crane")


def completion(one):
    one.opens()
    one.typed("from:a.u")
    one.sees("#suggestions li", "a.user@contoso.com")
    expect(one.page.locator("#announced")).to_have_text(re.compile("suggestion"))
    one.press("Enter")
    assert one.box() == "from:a.u", "Enter takes nothing that was not chosen"
    one.counts()
    one.page.fill("#q", "")
    one.typed("from:a.u")
    one.sees("#suggestions li")
    one.press("Tab")
    one.has_box("from:a.user@contoso.com ")
    # What the index has for each kind of value, with how often.
    for text, offer in [("from:@", "@contoso.com"), ("from:alm", "Alma User"), ("mailbox:", "b.user@contoso.com"), ("in:", "Sent Items"), ("category:", "Finance"),
                        ("filename:", "contract.pdf"), ("ext:", "csv"), ("date:", "yesterday"), ("subj", "subject:")]:
        one.page.fill("#q", "")
        one.typed(text)
        one.sees(f"#suggestions li:has-text('{offer}')")
    one.page.fill("#q", "")
    one.typed("ext:pd")
    one.sees("#suggestions li:has-text('pdf') .help", "in 16 messages")
    # In the middle, after a bracket, and after an error.
    one.page.fill("#q", "from: crane")
    one.press("Home", *["ArrowRight"] * 5)
    one.typed("b.u")
    one.sees("#suggestions li", "b.user")
    one.press("ArrowDown")
    assert one.page.get_attribute("#q", "aria-activedescendant") == "s0"
    one.press("Enter")
    one.has_box("from:b.user@contoso.com crane")
    one.page.fill("#q", "")
    one.typed("nosuch:x from:a AND (in:Inb")
    one.sees("#suggestions li", "Inbox")
    one.click("#suggestions li")
    one.has_box("nosuch:x from:a AND (in:Inbox ")


def answer_bar(one):
    one.opens("/?q=from:alma+invoice")
    one.counts()
    one.sees("#summary", "The local index answered")
    assert re.search(r"known items searched, as of \d{4}-\d\d-\d\d.*exact.*\d ms", one.page.inner_text("#summary"), re.DOTALL)
    one.click("#explain")
    one.sees("#sent-body", "elasticsearch")
    one.press("Escape", "w")
    one.sees("#sent-body", "kql")
    one.click("#sent [data-close]")


def approximate(one):
    """The clause that makes an answer approximate is marked in the box, and what it does is told."""
    def by_premium(route):
        told = route.fetch().json()
        told["servedBy"] = {"engine": "premium"}
        told["query"].update(fidelity="approximate", direction="narrower", notes=["premium compares case-sensitively"])
        route.fulfill(json=told)

    one.page.route("**/v1/search", by_premium)
    one.opens("/?q=crane+category:red+quay")
    one.sees("#summary .warn", "approximate: may miss some")
    one.sees("#notes", "premium compares case-sensitively")
    marked = "[...CSS.highlights.get('approximate') || []].map(String).join()"
    one.until(f"{marked} === 'red'")
    assert one.page.evaluate("getComputedStyle(document.querySelector('#mirror'), '::highlight(approximate)').textDecorationStyle") == "dashed"
    # What is exact has no mark.
    one.page.unroute("**/v1/search")
    one.click("#form .primary")
    one.sees("#summary .good:has-text('exact')")
    one.until(f"{marked} === ''")


def one_engine(one):
    one.opens("/?q=crane")
    one.counts()
    one.to_the_list()
    one.press("w")
    one.sees("#sent [data-engine=local]", "Ask only: The local index")
    assert not one.page.locator("#sent [data-engine=veeam]").count(), "it is not configured"
    one.until_focus("[data-engine=local]")
    one.press("Enter")
    one.until("new URLSearchParams(location.search).get('engine') === 'local'")
    one.sees("#summary", "The local index answered")
    one.page.reload()
    one.sees("#ask-usual").click()
    one.until("!location.search.includes('engine')")
    one.page.go_back()
    one.sees("#ask-usual")
    # What was not asked is told, and can be.
    def without_veeam(route):
        answer = route.fetch()
        told = answer.json()
        told.get("coverage", {})["notAsked"] = ["veeam"]
        route.fulfill(response=answer, json=told)

    one.page.route("**/v1/search", without_veeam)
    one.opens("/?q=crane")
    one.sees("#summary", "not asked: Veeam")
    one.opens("/?q=nosuchword")
    one.sees("#empty", "Another source may have some")
    one.page.unroute("**/v1/search")
    one.click("#empty button:has-text('Ask only: Veeam')")
    one.until("new URLSearchParams(location.search).get('engine') === 'veeam'")
    one.sees("#empty h2", "That did not work")


def histogram(one):
    one.opens("/?q=invoice")
    all_found = one.counts()
    bars = one.page.locator("#histogram g")
    assert 2 <= bars.count() <= 60
    label = bars.first.get_attribute("aria-label")
    assert re.match(r".*: \d+ items?$", label), label
    one.drag("#histogram svg", 0.02, 0.4)
    one.until("document.querySelector('#q').value.includes('date:20')")
    assert 0 < one.counts() < all_found, one.box()
    one.page.go_back()
    one.counts(all_found)
    one.page.locator("#found").click(position={"x": 3, "y": 3})
    one.press("b", "Shift+ArrowRight", "Shift+ArrowRight", "Enter")
    one.until("/date:[-0-9]+\\.\\.[-0-9]+/.test(document.querySelector('#q').value)")
    assert 0 < one.counts() < all_found, one.box()


def facets(one):
    one.opens("/?q=invoice")
    all_found = one.counts()
    one.click("#facets [data-facet=sender]")
    one.has_box("invoice from:b.user@contoso.com")
    narrowed = one.counts()
    assert narrowed < all_found
    one.click("#facets [data-facet=sender][aria-pressed=true]")
    one.has_box("invoice")
    one.counts(all_found)
    one.click("#facets [data-facet=sender]", modifiers=["Alt"])
    one.has_box("invoice -from:b.user@contoso.com")
    one.counts(all_found - narrowed)
    # Whoever chooses by keyboard stays there.
    one.opens("/?q=invoice")
    one.counts(all_found)
    one.page.locator("#facets [data-facet=sender]").first.focus()
    one.press("Alt+Enter")
    one.has_box("invoice -from:b.user@contoso.com")
    one.counts(all_found - narrowed)
    assert one.page.evaluate("document.activeElement.closest('#facets') !== null")
    # Each that there is.
    one.opens()
    one.counts()
    names = ["Sender", "Domain", "Mailbox", "Folder", "Year", "Kind", "Type of attachment", "Extension", "Attachment", "Category"]
    assert one.page.locator("#facets h2").evaluate_all("all => all.map(one => one.textContent)") == names
    for facet, clause in [("domain", "from:@contoso.com"), ("mailbox", "mailbox:a.user@contoso.com"), ("folder", "in:Inbox"), ("year", "date:2024"), ("kind", "kind:email"),
                          ("type", "mime:application/pdf"), ("extension", "ext:pdf"), ("hasAttachment", "-has:attachment"), ("category", "category:Finance")]:
        one.opens()
        one.counts()
        count = one.page.inner_text(f"#facets [data-facet={facet}] .number")
        one.click(f"#facets [data-facet={facet}]")
        one.has_box(clause)
        one.counts(count)
    one.opens("/?q=invoice+OR+crane")
    one.counts()
    one.page.locator("#found").click(position={"x": 3, "y": 3})
    one.press("f", "Enter")
    one.until("document.querySelector('#q').value.startsWith('(invoice OR crane) ')")
    one.counts()


def rows(one):
    one.opens("/?q=crane+has:attachment")
    one.counts()
    row = one.sees("#results li")
    for part in (".sender", "a.subject", "time", ".snippet", ".files", ".meta"):
        assert row.locator(part).inner_text(), part
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d$", row.locator("time").inner_text())
    assert "ago" in row.locator("time").get_attribute("title")
    assert row.locator("mark").count()
    # The next one by keyboard, and one by pointer.
    one.press("Escape", "j", "j")
    assert one.page.evaluate("document.activeElement.closest('li').dataset.n") == "2"
    one.press("k", "Enter")
    one.sees("#results li[data-n='1'][aria-current]")
    one.page.locator("#results li[data-n='0'] .meta").click()
    one.sees("#results li[data-n='0'][aria-current]")
    one.press("Escape")
    # Equal messages are one row with all of its places.
    assert "\n" in one.sees("#results .meta [title]", "other place").get_attribute("title")


def where_it_matched(one):
    """Each row tells in what the words are, attachments by name; the reader tells it of each clause."""
    one.opens("/?q=contents:zebra+subject:files+see")
    one.counts(1)
    places = one.page.locator("#results .where").all_inner_texts()
    assert places == ["in attachment one.txt", "in attachment three.csv", "in subject", "in new text"], places
    assert one.page.locator("#results .where").first.get_attribute("title") == "contents:zebra"
    one.press("Escape", "j", "Enter")
    one.sees("#reading .matched summary", "3 parts of the query")
    one.click("#reading .matched summary")
    lines = one.page.locator("#reading .matched li").all_inner_texts()
    assert [line.strip() for line in lines][:3] == ["contents:zebra in attachment one.txt", "contents:zebra in attachment three.csv", "subject:files in subject three files"], lines
    assert one.page.locator("#reading .matched mark").all_inner_texts() == ["files", "see"]
    assert not one.page.locator("#reading .matched p").count(), "all of it was looked through"
    one.opens("/?q=quoted:crane")
    one.counts()
    one.sees("#results .where", "in quoted text")


ALL = [first_view, box, completion, answer_bar, approximate, one_engine, histogram, facets, rows, where_it_matched]
