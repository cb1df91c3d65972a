"""The clients people have, against the real gateway over the samples: curl over HTTP/1.1 and HTTP/2, the
requests of Python over one kept connection, and a browser: the page by keyboard alone, and a page of another
origin, which may ask if it is configured and else may not.

usage: gateway_clients.py POSTERN SAMPLES WORK
"""

import http.server
import pathlib
import subprocess
import sys
import threading

import requests
from playwright.sync_api import sync_playwright

POSTERN, SAMPLES, WORK = sys.argv[1:4]


def other_origin():
    """A server of another origin, whose page asks the gateway."""
    page = b"<!doctype html><title>elsewhere</title>"

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def serve(data, config):
    command = [POSTERN, "--data", data, "--config", config, "serve", "--listen", "127.0.0.1:0"]
    gateway = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return gateway, gateway.stdout.readline().split()[-1]


def curl(base):
    def asked(*options):
        command = ["curl", "--silent", "--show-error", "--write-out", "\n%{http_version} %{http_code}", *options]
        body, _, told = subprocess.check_output(command, text=True).rpartition("\n")
        return body, told

    url = base + "/v1/search?q=invoice&limit=3"
    one, told = asked("--http1.1", url)
    assert told == "1.1 200" and '"results":[{' in one, (told, one[:200])
    two, told = asked("--http2-prior-knowledge", url)
    assert told == "2 200", told
    strip = lambda body: body.split('"tookMs"')[0]
    assert strip(one) == strip(two)
    _, told = asked("--get", "--data-urlencode", "q=(oops", base + "/v1/search")
    assert told == "1.1 400", told
    print("curl: HTTP/1.1 and HTTP/2 answer alike")


def python_requests(base):
    session = requests.Session()
    for _ in range(50):
        answer = session.get(base + "/v1/search", params={"q": "invoice", "limit": 1})
        assert answer.status_code == 200 and answer.json()["count"]["value"] > 0
    pools = session.get_adapter(base).poolmanager.pools
    (pool,) = (pools[key] for key in pools.keys())
    assert pool.num_connections == 1 and pool.num_requests == 50, (pool.num_connections, pool.num_requests)
    drop_in = session.get(base + "/api/t/indexes/i/documents", params={"query": "invoice", "top": 2})
    assert drop_in.status_code == 200 and len(drop_in.json()["Results"]) == 2
    print("requests: 51 requests over one connection")


def page_by_keyboard(browser, base):
    page = browser.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    # A browser says on its own that what is half typed was answered with 400.
    page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") and "400" not in said.text else None)
    page.goto(base)
    assert page.evaluate("document.activeElement.id") == "q", "the search box has the focus"

    page.keyboard.type("has:att")
    page.wait_for_selector("#suggestions li")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#q", "aria-activedescendant") == "s0"
    page.keyboard.press("Enter")
    assert page.input_value("#q").startswith("has:attachment"), page.input_value("#q")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=has*")
    page.wait_for_selector("#results li")
    assert "The local index answered" in page.inner_text("#summary"), page.inner_text("#summary")

    hits = page.locator("#results a").count()
    while page.evaluate("document.activeElement.closest('#results li a') === null"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#reading .text")
    assert page.inner_text("#subject") == page.locator("#results a").first.inner_text()
    with page.expect_download() as download:
        while page.evaluate("document.activeElement.textContent") != "Original":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    assert b"Subject:" in pathlib.Path(download.value.path()).read_bytes()
    assert not problems, problems

    page.goto(base + "/?q=subject:(")
    page.wait_for_selector("#remarks .error")
    assert page.inner_text("#empty"), "an error is told"
    page.goto(base + "/docs")
    page.wait_for_selector("main")
    assert "/v1/search" in page.inner_text("main")
    print(f"browser: typed, completed, searched ({hits} hits), read and saved by keyboard alone")


def asks_across(browser, origin, base):
    page = browser.new_page()
    page.goto(origin)
    ask = "base => fetch(base + '/v1/search?q=invoice').then(answer => answer.status, () => 'refused')"
    return page.evaluate(ask, base)


def refused(base):
    """How many requests of foreign pages were refused."""
    lines = requests.get(base + "/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if 'reason="foreign_page"' in line)


def makes_ask(browser, origin, base):
    """A page of another origin asks without reading the answers, which is refused; its link to the search page may be followed."""
    page, before = browser.new_page(), refused(base)
    page.goto(origin)
    page.evaluate("""async base => {
        const all = { method: 'POST', mode: 'no-cors', body: '{"format":"jsonl"}' };
        await fetch(base + '/v1/export', all).catch(() => null);
        await fetch(base + '/v1/search?q=invoice', { mode: 'no-cors' }).catch(() => null);
    }""", base)
    assert refused(base) == before + 2, "what a page makes the browser send is refused"
    page.evaluate("base => { location = base + '/?q=invoice' }", base)
    page.wait_for_selector("#results li")


def main():
    work = pathlib.Path(WORK)
    work.mkdir(parents=True, exist_ok=True)
    data, config = str(work / "data"), work / "postern.toml"
    subprocess.check_call([POSTERN, "--data", data, "--quiet", "index", SAMPLES])
    allowed, foreign = other_origin(), other_origin()
    config.write_text(f'[cors]\norigins = ["{allowed}"]\n')
    gateway, base = serve(data, str(config))
    try:
        curl(base)
        python_requests(base)
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page_by_keyboard(browser, base)
            assert asks_across(browser, allowed, base) == 200
            assert asks_across(browser, foreign, base) == "refused"
            makes_ask(browser, foreign, base)
            print("browser: the configured origin may ask, another may not; a link from anywhere is followed")
            browser.close()
    finally:
        gateway.terminate()
        gateway.wait(20)


main()
