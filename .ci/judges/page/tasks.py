"""Ten things that somebody who never saw the page comes for, each in a number of steps that is stated."""

from playwright.sync_api import expect

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def half_known(one):
    """Find a mail of which half is known: a picture that Alma sent about the quay."""
    one.opens()
    one.typed("from:alma quay ext:png")
    one.press("Enter")
    one.until("location.search.includes('png')")
    assert one.counts() <= 3
    one.click("#results a")
    one.sees("#subject", "quay")


def misspelt(one):
    """Correct a misspelt operator without typing."""
    one.opens("/?q=form:alma+crane")
    one.click("#remarks .fix")
    one.click("#form .primary")
    assert one.counts() > 0


def over_time(one):
    """Narrow by dragging over time."""
    one.opens("/?q=invoice")
    before = one.counts()
    one.drag("#histogram svg", 0.02, 0.3)
    one.until("document.querySelector('#q').value.includes('date:')")
    assert 0 < one.counts() < before


def who_answered(one):
    """See who answered and what is missing."""
    one.opens("/?q=invoice")
    one.counts()
    one.sees("#summary", "The local index answered")
    one.sees("#summary", "searched")
    one.click("#explain")
    one.sees("#sent-body", "datatap")


def conversation(one):
    """Read a conversation."""
    one.opens("/?q=crane+foundation")
    one.counts()
    one.click("#results a")
    one.click("#views [data-view=thread]")
    one.sees(".thread article")


def inside_attachment(one):
    """Find the words inside of an attachment."""
    one.opens()
    one.typed("contents:bolt")
    one.press("Enter")
    one.counts()
    one.sees("#results .files")


def take_all(one):
    """Take out all that match."""
    one.opens("/?q=invoice")
    one.counts()
    one.click("#select-all")
    one.click("#take-out")
    assert one.saved(lambda: one.click("#out-export")).count(b"Subject:") > 5


def arrived(one):
    """Something arrives, and the page is opened again."""
    one.deliver()
    one.until("fetch('/v1/saved').then(answer => answer.json()).then(({ searches }) => searches[0].new === 1)")
    one.opens()
    # Where there is little room, saved searches are folded.
    if not one.page.locator("#saved-list").is_visible():
        one.click("#side > summary")
    one.sees("#saved-list .badge", "1 new")


def what_is_new(one):
    """Save a search, and see what arrived since."""
    one.opens("/?q=subject:delivery")
    one.counts()
    one.click("#save") if one.page.locator("#save").is_visible() else one.press("Escape", "s")
    one.press("Enter")
    one.until("!document.querySelector('dialog[open]')")
    arrived(one)
    one.click("#saved-list .value")
    one.sees("#results .badge", "new")


EIGHT = [half_known, misspelt, over_time, who_answered, conversation, inside_attachment, take_all, what_is_new]


def on_a_phone(one):
    """Find, narrow, read and come back on the width of a phone, with a finger."""
    one.opens()
    one.page.locator("#q").tap()
    one.typed("crane")
    one.press("Enter")
    found = one.counts()
    one.steps += 2
    one.page.locator("#side > summary").tap()
    one.page.locator("#facets [data-facet=sender]").first.tap()
    assert one.counts() < found
    one.steps += 3
    one.page.locator("#side > summary").tap()
    one.page.locator("#results a").first.tap()
    one.sees("#reading .text")
    one.page.locator("#close").tap()
    expect(one.page.locator("#reader")).to_be_hidden()
    width = one.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, width


def all_on_a_phone(one):
    """Do all eight of it on the width of a phone."""
    for task in EIGHT:
        task(one)
        width = one.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, (task.__name__, width)


def without_a_mouse(one):
    """Find, narrow by time, read, follow the hits and take out, without a mouse."""
    one.opens()
    one.typed("crane")
    one.press("Enter")
    found = one.counts()
    one.press("Escape", "b", "Shift+ArrowRight", "Enter")
    one.until("document.querySelector('#q').value.includes('date:')")
    assert one.counts() < found
    one.press("Escape") if one.focus() == "q" else None
    one.press("j", "Enter")
    one.sees("#reading .text")
    one.press("n", "e")
    one.until_focus("#out-export")
    assert b"Subject:" in one.saved(lambda: one.press("Enter"))


def all_without_a_mouse(one):
    """Do all eight of it without a mouse."""
    one.opens()
    one.typed("from:alma quay ext:png")
    one.press("Enter")
    one.until("location.search.includes('png')")
    assert one.counts() <= 3
    one.press("Escape", "Enter")
    one.sees("#subject", "quay")
    one.opens("/?q=form:alma+crane")
    one.sees("#remarks .fix")
    one.press("/")
    one.until_focus("#remarks .fix")
    one.press("Enter", "Enter")
    assert one.counts() > 0
    one.opens("/?q=invoice")
    before = one.counts()
    one.to_the_list()
    one.press("b", "Shift+ArrowRight", "Enter")
    one.until("document.querySelector('#q').value.includes('date:')")
    assert one.counts() < before
    one.to_the_list()
    one.sees("#summary", "searched")
    one.press("w")
    one.sees("#sent-body", "datatap")
    one.opens("/?q=crane+foundation")
    one.counts()
    one.to_the_list()
    one.press("Enter", "c")
    one.sees(".thread article")
    inside_attachment(one)
    one.opens("/?q=invoice")
    one.counts()
    one.to_the_list()
    one.press("A", "e")
    one.until_focus("#out-export")
    assert one.saved(lambda: one.press("Enter")).count(b"Subject:") > 5
    one.opens("/?q=subject:delivery")
    one.counts()
    one.to_the_list()
    one.press("s", "Enter")
    one.until("!document.querySelector('dialog[open]')")
    arrived(one)
    one.until_focus("#saved-list .value")
    one.press("Enter")
    one.sees("#results .badge", "new")


# Each task, the steps that it takes at most, and where it is done.
ALL = [
    (half_known, 3, {}),
    (misspelt, 2, {}),
    (over_time, 1, {}),
    (who_answered, 1, {}),
    (conversation, 2, {}),
    (inside_attachment, 2, {}),
    (take_all, 3, {}),
    (what_is_new, 3, {}),
    (on_a_phone, 7, PHONE),
    (all_on_a_phone, 19, PHONE),
    (without_a_mouse, 12, {}),
    (all_without_a_mouse, 44, {}),
]
