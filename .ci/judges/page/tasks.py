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


def what_is_new(one):
    """Save a search, and see what arrived since."""
    one.opens("/?q=subject:delivery")
    one.counts()
    one.click("#save")
    one.press("Enter")
    one.sees("#saved-list .value")
    one.deliver()
    one.until("fetch('/v1/saved').then(answer => answer.json()).then(({ searches }) => searches[0].new === 1)")
    one.opens()
    one.sees("#saved-list .badge", "1 new")
    one.click("#saved-list .value")
    one.sees("#results .badge", "new")


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
    (without_a_mouse, 12, {}),
]
