"""The reader, by keyboard and by pointer: text, layout, conversation, headers, attachments, files."""

import hashlib
import io
import zipfile

from playwright.sync_api import expect

from mails import DOCUMENT


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
    # The same by pointer.
    one.click("#next-hit")
    one.sees("#hits", "1 of")
    one.click("#previous-hit")
    assert one.saved(lambda: one.click("#original")) == raw
    one.sees("#facts dt", "From")
    one.sees("#facts", "a.user@contoso.com · ")
    one.click("#views [data-view=headers]")
    one.sees("#reading .headers", "Message-ID")
    one.click("#views [data-view=text]")
    one.sees("#reading .text")
    one.press("c")
    one.sees("#reading .thread")
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


ALL = [reader, on_little_room, attachments, files_of_folders, laid_out, pictures_in_the_text]
