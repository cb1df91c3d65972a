"""Draws the pictures of the page in the README and the guide, over the sample mail, in light and dark.

usage: pictures.py POSTERN SAMPLES WORK [FOLDER]; it needs playwright and pillow
"""

import io
import pathlib
import subprocess
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

from scene import Person, gateway

POSTERN, SAMPLES, WORK = sys.argv[1:4]
FOLDER = pathlib.Path((sys.argv[4:] or ["docs"])[0])
# Bytes of both together.
MOST = 200_000


def draw(browser, base, scheme):
    one = Person(browser, base, viewport={"width": 1280, "height": 720}, color_scheme=scheme)
    one.opens("/?q=crane+from%3A%22Hugo+Lindqvist%22+OR+foundation")
    one.counts()
    one.to_the_list()
    one.press("j", "Enter")
    one.sees("#reading .text")
    one.is_read()
    one.press("n")
    one.page.locator("#reading").hover()
    drawn = one.page.screenshot(animations="disabled", caret="hide")
    one.close()
    file = FOLDER / f"page-{scheme}.png"
    Image.open(io.BytesIO(drawn)).convert("RGB").quantize(64).save(file, optimize=True)
    return file.stat().st_size


def main():
    work = pathlib.Path(WORK)
    work.mkdir(parents=True, exist_ok=True)
    (work / "postern.toml").write_text("")
    subprocess.check_call([POSTERN, "--data", str(work / "data"), "--quiet", "index", SAMPLES])
    with gateway(POSTERN, work / "data", work / "postern.toml") as base, sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, q in [("Unpaid", "invoice overdue"), ("Quay 3", "quay")]:
            one = Person(browser, base)
            one.page.request.put(f"{base}/v1/saved/{name}", data={"q": q})
            one.close()
        sizes = [draw(browser, base, scheme) for scheme in ("light", "dark")]
        browser.close()
    assert sum(sizes) <= MOST, sizes
    print(f"page-light.png and page-dark.png: {sum(sizes)} bytes")


main()
