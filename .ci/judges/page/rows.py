"""Each row of what the page must have, by keyboard and by pointer."""

import hashlib
import io
import re
import zipfile

from playwright.sync_api import expect

from mails import DOCUMENT


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
    one.sees("#summary", "known items searched")
    one.click("#explain")
    one.sees("#sent-body", "elasticsearch")
    one.press("Escape", "w")
    one.sees("#sent-body", "kql")
    one.click("#sent [data-close]")


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
    # Equal messages are one row with all of its places.
    assert "\n" in one.sees("#results .meta [title]", "other place").get_attribute("title")


def reader(one):
    one.opens("/?q=crane")
    one.counts()
    one.press("Escape", "j")
    one.press("Enter")
    one.sees("#reading .text")
    one.press("n")
    one.sees("mark.here")
    one.sees("#hits", "1 of")
    one.press("p")
    raw = one.saved(lambda: one.press("o"))
    assert b"Subject:" in raw
    one.press("h")
    one.sees("#reading .headers", "Message-ID")
    digest = one.page.locator("#reading dd").first.inner_text()
    assert digest == hashlib.sha256(raw).hexdigest()
    one.click("#reading .headers a")
    one.counts()
    assert one.box().startswith('id:"'), one.box()
    one.opens("/?q=subject:re+crane")
    one.counts()
    one.click("#results a")
    one.sees("#reading .text")
    one.click("#views [data-view=thread]")
    one.sees("#reading .thread article.here")
    assert one.page.locator("#reading .thread article").count() > 2
    assert one.page.locator("#reading .thread details:not([open])").count(), "quoted text is folded"
    one.click("#close")
    expect(one.page.locator("#reader")).to_be_hidden()


def attachments(one):
    one.opens("/?q=filename:quay3-layout.png")
    one.counts()
    one.click("#results a")
    one.click(".attachments .link")
    picture = one.sees(".attachments img")
    assert picture.evaluate("picture => picture.naturalWidth") > 0
    raw = one.saved(lambda: one.click(".attachments .save"))
    assert raw.startswith(b"\x89PNG")
    one.opens("/?q=ext:csv")
    one.counts()
    one.click("#results a")
    one.until_focus(".attachments .link")
    one.press("Enter")
    one.sees(".attachments pre.shown")


def files_of_folders(one):
    """A document beside mail: found by its name and its words, read, saved, and taken out."""
    one.opens("/?q=kind:file+contents:zeppelin")
    one.counts(1)
    row = one.sees("#results li", "Landing plan.txt")
    expect(row.locator(".kind")).to_have_text("file", ignore_case=True)
    assert "zoe@x.example" in row.locator(".sender").inner_text()
    one.press("Escape", "j", "Enter")
    one.sees("#subject", "Landing plan.txt")
    one.sees("#facts", "zoe@x.example")
    expect(one.page.locator("#views")).to_be_hidden()
    one.sees("#reading .matched summary").click()
    one.sees("#reading .matched", "contents:zeppelin")
    assert one.saved(lambda: one.press("o")) == DOCUMENT
    # A bare word finds a document by its name; the name is no markup.
    one.opens("/?q=kind:file+zeppelin")
    one.counts(2)
    one.sees("#results li:has-text('<img')").click()
    one.sees("#subject", "zeppelin <img src=x onerror=alert(1)>.txt")
    one.press("Escape", "e")
    one.click("#out input[value=zip]")
    packed = zipfile.ZipFile(io.BytesIO(one.saved(lambda: one.click("#out-export"))))
    assert b"hostile" in [packed.read(name) for name in packed.namelist()], packed.namelist()


def laid_out(one):
    one.opens("/?q=crane")
    one.counts()
    one.press("Escape", "j", "Enter")
    one.sees("#reading .text")
    one.press("l")
    frame = one.page.frame_locator("#reading iframe")
    expect(frame.locator("body")).to_contain_text("crane", ignore_case=True)
    assert one.page.get_attribute("#reading iframe", "src").startswith("/ticket/")
    assert one.page.get_attribute("#reading iframe", "sandbox") == ""
    one.click("#views [data-view=text]")
    one.sees("#reading .text")


def pictures_in_the_text(one):
    """Pictures that came with a message are shown in it, and no others."""
    one.opens("/?q=subject:sign+from:zoe")
    one.counts(1)
    one.press("Escape", "j", "Enter", "l")
    frame = one.page.frame_locator("#reading iframe")
    width = "picture => picture.decode().then(() => picture.naturalWidth, () => 0)"
    sizes = [frame.locator(f"img[alt={name}]").evaluate(width) for name in ("sign", "lost", "far")]
    assert sizes == [1, 0, 0], sizes
    assert any("/pictures/logo%40here%2Eexample" in url for url in one.asked), one.asked


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


def on_little_room(one):
    """The reader takes the place of the list, with a way back, and a way on."""
    one.page.set_viewport_size({"width": 390, "height": 844})
    one.opens("/?q=crane")
    one.counts()
    one.to_the_list()
    one.press("j", "Enter")
    one.sees("#reading .text")
    expect(one.page.locator("#found")).to_be_hidden()
    first = one.page.url
    one.press("j")
    one.until(f"location.href !== {first!r}")
    one.is_read()
    one.press("k")
    one.until(f"location.href === {first!r}")
    one.click("#next-message")
    one.until(f"location.href !== {first!r}")
    one.is_read()
    back = one.sees("#close", "Results")
    assert back.bounding_box()["y"] < 200 and back.bounding_box()["height"] >= 36, back.bounding_box()
    one.press("Escape")
    one.sees("#results li[aria-current], #results li:focus-within")
    assert one.page.evaluate("document.activeElement.closest('#results li') !== null"), "the list has the focus"
    one.page.go_back()
    one.sees("#reading .text")
    one.click("#close")
    expect(one.page.locator("#found")).to_be_visible()


def taking_out(one):
    one.opens("/?q=invoice")
    count = one.counts()
    one.press("Escape", "j", "x", "j", "x")
    one.sees("#selected", "2 selected")
    one.press("e")
    one.sees("#out-what", "The 2 selected")
    two = one.saved(lambda: one.click("#out-export"))
    assert two.count(b"\nFrom ") + 1 == 2, two.count(b"\nFrom ")
    one.press("Escape")
    one.click("#select-all")
    one.click("#take-out")
    one.sees("#out-what", f"All {count} that match")
    one.click("#out input[value=zip]")
    packed = zipfile.ZipFile(io.BytesIO(one.saved(lambda: one.click("#out-export"))))
    assert len([name for name in packed.namelist() if name.endswith(".eml")]) == count, packed.namelist()
    one.click("#out input[value=csv]")
    assert one.saved(lambda: one.click("#out-export")).count(b"\n") >= count
    one.click("#out [data-close]")


def state(one):
    one.opens("/?q=contoso")
    one.counts()
    one.page.mouse.move(640, 600)
    one.scrolls("#found", 300)
    one.page.locator("#results a").nth(12).click()
    one.sees("#reading .text")
    assert "open=messages" in one.page.url
    one.page.reload()
    one.sees("#reading .text")
    one.counts()
    one.page.go_back()
    expect(one.page.locator("#reader")).to_be_hidden()
    one.page.fill("#q", "crane")
    one.press("Enter")
    one.until("location.search === '?q=crane'")
    one.counts()
    one.until("document.querySelector('#found').scrollTop === 0")
    assert one.focus() == "q", "the results of another question begin at their start"
    one.page.go_back()
    one.until("document.querySelector('#found').scrollTop > 300")
    one.has_box("contoso")


def keyboard(one):
    one.opens("/?q=crane")
    one.counts()
    one.press("Escape")
    one.press("/")
    assert one.focus() == "q"
    one.typed("jkx?")
    one.has_box("cranejkx?")
    one.page.fill("#q", "crane")
    one.press("Escape")
    one.press("?")
    one.sees("#keys-list", "Next hit in the text")
    one.press("Escape", "g", "i")
    one.has_box("in:inbox")
    one.counts()
    one.press("Control+k")
    one.typed("everything")
    one.press("Enter")
    one.has_box("")
    one.counts()
    before = one.page.evaluate("document.documentElement.dataset.density")
    one.press("d")
    assert one.page.evaluate("document.documentElement.dataset.density") != before
    one.click("#density")
    one.click("#show-commands")
    one.sees("#commands-list li")
    one.press("Escape")


def words_of_states(one):
    one.opens("/?q=nosuchword")
    one.sees("#empty", "Everything that is known was searched")
    one.opens("/?q=crane+nosuchword")
    one.click("#empty button")
    one.has_box("crane")
    one.opens("/?q=form:x")
    one.sees("#empty", "not a query yet")

    def answers(status, problem):
        one.page.route("**/v1/search", lambda route: route.fulfill(status=status, json=problem))
        one.opens("/?q=a")

    refused = {"title": "the key is missing or wrong", "status": 401, "code": "unauthorized"}
    answers(401, refused)
    one.sees("#empty", "A key is needed")
    one.page.unroute("**/v1/search")
    answers(401, {**refused, "detail": "premium refused the key"})
    one.sees("#empty", "The key was refused")
    one.page.unroute("**/v1/search")
    answers(503, {"title": "no engine can answer", "status": 503, "code": "unavailable"})
    one.sees("#empty", "Nobody can answer now")
    one.page.unroute("**/v1/search")
    one.page.route("**/v1/search", lambda route: route.abort())
    one.opens("/?q=a")
    one.sees("#empty", "The gateway does not answer")
    one.page.unroute("**/v1/search")
    one.click("#empty button")
    one.counts()


def saved(one):
    one.opens("/?q=invoice")
    count = one.counts()
    one.to_the_list()
    one.press("s")
    one.typed("Bills")
    one.press("Enter")
    one.sees("#saved-list", "Bills")
    assert one.page.inner_text("#saved-list .number") == str(count)
    one.page.fill("#q", "crane")
    one.click("#save")
    one.page.fill("#save-name", "Quay / 3")
    one.click("#save-form .primary")
    one.sees("#saved-list li:nth-child(2)", "Quay / 3")
    one.click("#saved-list .value:has-text('Quay')")
    one.has_box("crane")
    for _ in range(2):
        left = one.page.locator("#saved-list li").count()
        one.page.locator("#saved-list .link").first.focus()
        one.press("Enter")
        expect(one.page.locator("#saved-list li")).to_have_count(left - 1)


def operator(one):
    one.opens("/?q=crane")
    one.counts()
    one.to_the_list()
    one.press("g", "o")
    one.sees(".card", "The local index")
    one.sees(".card .plot")
    one.sees(".card", "Index: ")
    one.sees("table", "a.user@contoso.com")
    one.click("nav a")
    one.counts()


def first_view(one):
    one.opens()
    one.counts()
    one.page.wait_for_timeout(300)
    assert len(one.of_the_api()) <= 3, one.of_the_api()


ALL = [first_view, box, completion, answer_bar, one_engine, histogram, facets, rows, where_it_matched, reader, on_little_room, attachments, files_of_folders, laid_out,
       pictures_in_the_text, taking_out, state, keyboard, saved, operator, words_of_states]
