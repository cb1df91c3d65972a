"""What the judge of the page works with: a gateway over mail, a browser, and a person whose steps are counted."""

import contextlib
import os
import pathlib
import re
import subprocess
import time
import urllib.request

from playwright.sync_api import expect

TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
# Files that stand in the place of those built into the binary, for work on the page without building.
ASSETS = os.environ.get("POSTERN_ASSETS")
# Seconds until something that is waited for counts as missing, on a machine that has other work too.
PATIENCE = 30
expect.set_options(timeout=PATIENCE * 1000)


@contextlib.contextmanager
def gateway(postern, data, config):
    """A gateway over a data folder, and where it listens."""
    command = [postern, "--data", str(data), "--config", str(config), "serve", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(20)


def stand_in(context, base):
    """Serves the page from files, under the policy that the binary gives it."""
    headers = urllib.request.urlopen(base + "/").headers
    policy = {"content-security-policy": headers["content-security-policy"]}

    def serve(route):
        path = route.request.url.removeprefix(base).split("?")[0]
        name = {"/": "search.html", "/status": "status.html", "/evidence": "evidence.html"}.get(path, path.removeprefix("/assets/"))
        file = pathlib.Path(ASSETS) / name
        route.fulfill(body=file.read_bytes(), headers={"content-type": TYPES[file.suffix] + "; charset=utf-8", **policy})

    context.route(re.compile(re.escape(base) + r"/(status|evidence|assets/(?!mail\.css).*)?(\?.*)?$"), serve)


class Watched:
    """A page, and everything that should not be heard from it."""

    def __init__(self, browser, base, **options):
        self.base, self.heard, self.asked = base, [], []
        self.context = browser.new_context(accept_downloads=True, **options)
        if ASSETS:
            stand_in(self.context, base)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        self.page.on("console", self.hear)
        self.page.on("request", lambda request: self.asked.append(request.url))

    def hear(self, said):
        # A browser says on its own that a request was answered with 4xx.
        if said.type in ("error", "warning") and "Failed to load resource" not in said.text:
            self.heard.append(said.text)

    def of_the_api(self):
        return [url for url in self.asked if "/v1/" in url]

    def close(self):
        assert not self.heard, self.heard
        elsewhere = [url for url in self.asked if not url.startswith((self.base, "blob:", "data:"))]
        assert not elsewhere, elsewhere
        self.context.close()


class Person(Watched):
    """Somebody at the page. Typing a text, a key, a click and a drag are one step each; looking is none."""

    steps = 0

    def typed(self, text):
        self.steps += 1
        self.page.keyboard.type(text)

    def press(self, *keys):
        for key in keys:
            self.steps += 1
            self.page.keyboard.press(key)

    def click(self, what, **options):
        self.steps += 1
        self.page.locator(what).first.click(**options)

    def drag(self, what, start, end):
        """Drags over a part of something from left to right."""
        self.steps += 1
        box = self.page.locator(what).bounding_box()
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] * start, y)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y)
        self.page.mouse.move(box["x"] + box["width"] * end, y)
        self.page.mouse.up()

    def saved(self, act):
        """What a browser saves while something is done."""
        with self.page.expect_download() as download:
            act()
        return pathlib.Path(download.value.path()).read_bytes()

    # What is seen, each waited for.
    def opens(self, path="/"):
        self.page.goto(self.base + path)
        self.page.wait_for_selector("body.ready")
        return self

    def sees(self, what, text=None):
        found = self.page.locator(what).first
        expect(found).to_be_visible()
        if text is not None:
            expect(found).to_contain_text(text)
        return found

    def is_read(self):
        """Waits until what is open is shown."""
        self.page.locator("#reading[aria-busy=false]").wait_for()

    def counts(self, number=None):
        """Waits for the answer to what is in the box, and tells how many were found."""
        if number is not None:
            expect(self.page.locator("#count")).to_have_text(re.compile(f"^{number} found"))
        self.until("document.querySelector('#bar').getAttribute('aria-busy') === 'false' && document.querySelector('#count')")
        return int(re.sub(r"\D", "", self.page.inner_text("#count").split(" ")[0]))

    def box(self):
        return self.page.input_value("#q")

    def until(self, what):
        """Waits until something holds. The policy of the page forbids the waiting of Playwright itself, which evaluates text there."""
        ends = time.monotonic() + PATIENCE
        while not self.page.evaluate(what):
            assert time.monotonic() < ends, what
            self.page.wait_for_timeout(20)

    def scrolls(self, what, least):
        """Turns the wheel until something has moved. A browser drops what comes before it has drawn rows that are new."""
        ends = time.monotonic() + PATIENCE
        while self.page.locator(what).evaluate("one => one.scrollTop") <= least:
            assert time.monotonic() < ends, what
            self.page.mouse.wheel(0, 300)
            self.page.wait_for_timeout(50)

    def has_box(self, text):
        expect(self.page.locator("#q")).to_have_value(text)

    def focus(self):
        return self.page.evaluate("document.activeElement.closest('[id]')?.id")

    def to_the_list(self):
        """Leaves the box, as Escape does; after a reload the list has the focus already."""
        if self.focus() == "q":
            self.press("Escape")

    def until_focus(self, what, key="Tab", most=60):
        """Presses a key until something has the focus; each is a step."""
        for _ in range(most):
            if self.page.evaluate("what => document.activeElement.matches(what)", what):
                return
            self.press(key)
        raise AssertionError(f"{what} is not reached by {key}")
