"""Taking out, acts, saved searches, the URL, keys, states and looks, by keyboard and by pointer."""

import io
import time
import zipfile

from playwright.sync_api import expect

from scene import PATIENCE


def taking_out(one):
    one.opens("/?q=invoice")
    count = one.counts()
    one.press("Escape", "j", "x", "j", "x")
    one.sees("#selected", "2 selected")
    one.press("e")
    one.sees("#out-what", "The 2 selected")
    two = one.saved(lambda: one.click("#out-export"))
    assert two.count(b"\nFrom ") + 1 == 2, two.count(b"\nFrom ")
    one.press("Escape", "A")
    one.sees("#selected", f"All {count} that match")
    shown = one.page.locator("#results li").count()
    one.click("#select-shown")
    one.sees("#selected", f"{shown} selected")
    one.click("#results .select")
    one.sees("#selected", f"{shown - 1} selected")
    one.click("#select-none")
    assert not one.page.inner_text("#selected")
    one.click("#select-all")
    one.click("#take-out")
    one.sees("#out-what", f"All {count} that match")
    one.click("#out input[value=zip]")
    packed = zipfile.ZipFile(io.BytesIO(one.saved(lambda: one.click("#out-export"))))
    assert len([name for name in packed.namelist() if name.endswith(".eml")]) == count, packed.namelist()
    one.click("#out input[value=csv]")
    assert one.saved(lambda: one.click("#out-export")).count(b"\n") >= count
    one.until_focus("#out input:checked")
    for name, part in [("jsonl", None), ("dat", ".dat"), ("html", "index.html")]:
        one.press("ArrowDown")
        assert one.page.input_value("#out input:checked") == name
        saved = one.saved(lambda: one.click("#out-export"))
        inside = zipfile.ZipFile(io.BytesIO(saved)).namelist() if part else []
        assert not part or [path for path in inside if path.endswith(part)] and inside[-1] == "manifest.json", inside
        one.page.locator("#out input:checked").focus()
    one.click("#out [data-close]")


def acts(one):
    """Acts of the source for a key that may: shown first, confirmed, and what came of each."""
    asked, allowed = [], ["restore", "send"]

    def status(route):
        told = route.fetch().json()
        told["key"]["actions"] = list(allowed)
        route.fulfill(json=told)

    def act(route):
        body = route.request.post_data_json
        asked.append((route.request.url.split("/")[-1], body))
        items = [{"item": str(n), "owner": "ann@x.com", "folder": "Inbox", "title": f"invoice {n}", "standing": "new"} for n in range(60)]
        plan = {"id": "p1", "verb": "restore", "source": "datatap", "place": "contoso", "count": 60, "into": "the mailbox ann@x.com",
                "lasting": "Messages are written into a mailbox.", "notes": ["It takes a while."], "arguments": {}, "items": items}
        results = [{"item": "0", "owner": "ann@x.com", "outcome": "done"}, {"item": "1", "owner": "ann@x.com", "outcome": "not done", "said": "no room"}]
        route.fulfill(json={"plan": plan, "carriedOut": "confirm" in body, **({"results": results} if "confirm" in body else {})})

    one.page.route("**/v1/status", status)
    one.page.route("**/v1/actions/*", act)
    one.opens("/?q=invoice")
    one.counts()
    # By keyboard: shown first.
    one.press("Escape", "j", "x", "e")
    one.until_focus("#acts summary")
    one.press("Enter")
    assert one.page.locator("#act option").all_inner_texts() == ["restore", "send"]
    expect(one.page.locator("#act-from")).to_be_hidden()
    one.until_focus("#act-to")
    one.typed("ann@x.com")
    one.until_focus("#act-show")
    one.press("Enter")
    one.sees("#plan", "60 items → the mailbox ann@x.com")
    one.sees("#plan .error", "Cannot be taken back: Messages are written into a mailbox.")
    one.sees("#plan li", "It takes a while.")
    one.sees("#plan li:has-text('invoice 3 · ann@x.com · Inbox')")
    assert asked == [("restore", {"q": "", "filter": asked[0][1]["filter"], "to": "ann@x.com"})], asked
    one.until_focus("#plan button")
    one.press("Enter")
    one.sees("#plan li", "done: invoice 0")
    one.sees("#plan li:nth-child(2)", "not done: invoice 1: no room")
    assert asked[1][1]["confirm"] == "p1" and asked[1][1]["filter"] == asked[0][1]["filter"], asked
    # By pointer, another act with its own fields; what is refused is said.
    one.page.select_option("#act", "send")
    one.sees("#act-from")
    one.page.unroute("**/v1/actions/*")
    one.page.fill("#act-from", "bob@x.com")
    one.click("#act-show")
    one.sees("#out-says.error")
    # A key that may do nothing is offered nothing.
    allowed.clear()
    one.click("#out [data-close]")
    one.click("#take-out")
    one.until("document.querySelector('#acts').hidden")


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
    # The order stands in the box, so in the URL.
    one.opens("/?q=invoice")
    one.counts()
    one.page.select_option("#order", "oldest")
    one.has_box("invoice sort:oldest")
    one.counts()
    one.page.reload()
    one.counts()
    assert one.page.input_value("#order") == "oldest" and "sort" in one.page.url
    dates = one.page.locator("#results time").all_inner_texts()
    assert dates == sorted(dates)
    one.page.locator("#order").focus()
    one.press("ArrowUp")
    one.has_box("invoice sort:newest")
    one.counts()


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
    # By pointer, and it asks again by itself.
    one.page.clock.install()
    one.click("header nav a[href='/status']")
    one.sees(".card .plot")
    before = len([url for url in one.asked if url.endswith("/v1/status")])
    one.page.clock.fast_forward("00:11")
    ends = time.monotonic() + PATIENCE
    while len([url for url in one.asked if url.endswith("/v1/status")]) == before:
        assert time.monotonic() < ends, one.asked
        one.page.wait_for_timeout(20)


def look(one):
    """Who wants no motion gets none; what loads does not push what is there."""
    moves = "getComputedStyle(document.querySelector('button')).transitionDuration"
    one.opens("/?q=crane")
    one.counts()
    assert one.page.evaluate(moves) != "0s"
    one.page.emulate_media(reduced_motion="reduce")
    assert one.page.evaluate(moves) == "0s"
    one.page.evaluate("window.shifts = []; new PerformanceObserver(list => shifts.push(...list.getEntries().filter(one => !one.hadRecentInput).map(one => one.value)))"
                      ".observe({ type: 'layout-shift', buffered: true })")
    one.press("Escape", "j", "Enter")
    one.is_read()
    shifted = one.page.evaluate("shifts.reduce((all, one) => all + one, 0)")
    assert shifted < 0.1, shifted


def words_of_states(one):
    one.opens("/?q=nosuchword")
    one.sees("#empty", "Everything that is known was searched")
    one.opens("/?q=crane+nosuchword")
    one.click("#empty button")
    one.has_box("crane")
    one.opens("/?q=form:x")
    one.sees("#empty", "not a query yet")

    def instead(change):
        """Another answer than that nothing was found."""
        def answer(route):
            told = route.fetch().json()
            change(told)
            route.fulfill(json=told)
        one.page.route("**/v1/search", answer)
        one.opens("/?q=nosuchword")

    for coverage, words in [({"indexed": 5, "known": 9}, "Not everything was searched"), ({"indexed": 0, "known": 9}, "Still indexing"), ({"indexed": 0, "known": 0}, "Nothing is indexed yet")]:
        instead(lambda told: told["coverage"].update(coverage))
        one.sees("#empty", words)
        one.page.unroute("**/v1/search")
    instead(lambda told: (told["query"].update(fidelity="approximate", direction="narrower"), told["servedBy"].update(engine="premium")))
    one.sees("#empty", "may miss some")
    one.page.unroute("**/v1/search")
    instead(lambda told: told["servedBy"].update(reason="premium failed: no connection"))
    one.sees("#summary .warn", "because premium failed: no connection")
    one.page.unroute("**/v1/search")

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


ALL = [taking_out, acts, state, keyboard, saved, operator, look, words_of_states]
