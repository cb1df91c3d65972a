"""The official client of the Model Context Protocol drives every tool: judge.py POSTERN WORK

Over standard input and output, and over HTTP with keys: the same answers, each key its own mailboxes, hostile mail
between its marks, no answer over 32 KiB, and broken queries that come back mended.
"""

import asyncio
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

from markdown_it import MarkdownIt
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from broken import BROKEN
from hostile import documents

POSTERN, WORK = sys.argv[1], pathlib.Path(sys.argv[2])
CEILING = 32 << 10
TOOLS = {"search", "count", "get_message", "get_thread", "explain", "syntax_help"}
ANN, BOB = "key-of-ann", "key-of-bob"
MARK = re.compile(r"<<(mail|end) ([0-9a-f]{16})>>")
LIVE = [re.compile(text) for text in (r"\]\(", r"\]\[", r"\]:", r"!\[", r"(?i)https?://", r"(?i)www\.", r"<[A-Za-z/!?]")]
MARKDOWN = MarkdownIt("commonmark", {"linkify": True, "html": True}).enable(["linkify", "table", "strikethrough"])
MARKDOWN.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
ACTS = {"link_open", "image", "html_inline", "html_block"}
HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\U000e0000-\U000e007f]")


def mail():
    """Mail of two people, and what tries to trick a reader."""
    for number in range(60):
        who = "ann@x.example" if number % 2 else "bob@x.example"
        yield {"id": f"m{number}", "subject": f"Report {number}", "body": f"invoice number {number} is overdue. " * 60, "mailbox": who,
               "folder": "Inbox", "fromAddress": "alice@x.example", "fromName": "Alice", "conversationId": f"c{number % 5}",
               "toRecipients": [{"address": who}], "receivedDateTime": f"2024-02-{number % 28 + 1:02}T10:00:00Z", "size": 1000 + number}
    yield from documents()


async def call(client, tool, **arguments):
    done = await client.call_tool(tool, arguments)
    [block] = done.content
    text = block.text
    assert len(text.encode()) <= CEILING, f"{tool} {arguments}: {len(text.encode())} bytes"
    check_marks(text)
    return bool(done.is_error), text


def check_marks(text):
    """Marks come in pairs with the id that the notice names, and nothing between them acts."""
    notice = re.match(r"notice: Text between <<mail ([0-9a-f]{16})>> and", text)
    if not notice:
        return
    inside, own = [], None
    for line in text.splitlines()[1:]:
        mark = MARK.fullmatch(line)
        if mark:
            assert mark[2] == notice[1], f"a mark that is none of this answer: {line}"
            assert (mark[1] == "mail") == (own is None), f"marks that do not pair: {line}"
            own = [] if own is None else inside.append(own)
        elif own is None:
            assert re.match(r"(\d+\. id=|[A-Za-z ]+: |\d+ \S|$)", line), f"text of mail outside of marks: {line[:200]!r}"
        else:
            own.append(line)
    assert own is None, "a mark without its end"
    for lines in inside:
        text = "\n".join(lines)
        assert not MARK.search(text), text[:300]
        for live in LIVE:
            found = live.search(text)
            assert not found, (live.pattern, text[max(0, found.start() - 60) : found.end() + 60])
        assert not HIDDEN.search(text), repr(text[:300])


def check_drawn(text):
    """An independent reader of Markdown finds no link, image or tag in what stands between marks."""
    pieces = re.findall(r"<<mail [0-9a-f]{16}>>\n(.*?)\n<<end ", text, re.S)
    for piece in pieces:
        for token in MARKDOWN.parse(piece):
            for one in [token, *(token.children or [])]:
                assert one.type not in ACTS, (one.type, one.content, one.attrs, piece[:500])
    return len(pieces)


async def each_tool(client):
    tools = await client.list_tools()
    assert {tool.name for tool in tools.tools} == TOOLS, tools
    for tool in tools.tools:
        hints = tool.annotations
        assert hints.read_only_hint and hints.open_world_hint is False and hints.destructive_hint is False, tool
        assert tool.input_schema["additionalProperties"] is False, tool
    failed, found = await call(client, "search", query="subject:report", limit=3, sort="oldest")
    assert not failed and "count: " in found and "coverage: " in found and "served by: local" in found, found
    ids = re.findall(r"^\d+\. id=(\S+)", found, re.M)
    assert len(ids) == 3, found
    cursor = re.search(r"^next cursor: (\S+)$", found, re.M)[1]
    failed, second = await call(client, "search", query="subject:report", limit=3, sort="oldest", cursor=cursor)
    others = re.findall(r"^\d+\. id=(\S+)", second, re.M)
    assert not failed and len(others) == 3 and not set(ids) & set(others), second
    choices = {tool.name: tool.input_schema["properties"] for tool in tools.tools}
    for sort in choices["search"]["sort"]["enum"]:
        failed, sorted_ = await call(client, "search", query="report OR nobody", sort=sort, limit=1)
        assert not failed and "\n1. id=" in sorted_, (sort, sorted_)
    for by in choices["count"]["by"]["enum"]:
        failed, counted = await call(client, "count", query="subject:report", by=by)
        assert not failed and f"\nvalues of {by}: " in counted, (by, counted)
    failed, counted = await call(client, "count", query="subject:report", by="sender")
    assert not failed and "alice@x.example" in counted, counted
    failed, shown = await call(client, "get_message", id=ids[0], length=50)
    assert not failed and "body: characters 0 to 50 of " in shown and "ask again with offset 50" in shown, shown
    failed, rest = await call(client, "get_message", id=ids[0], offset=50, length=100_000)
    whole = re.search(r"body: characters 50 to (\d+) of (\d+)", rest)
    assert not failed and whole[1] == whole[2], rest
    failed, thread = await call(client, "get_thread", id=ids[0])
    assert not failed and int(re.search(r"^messages: (\d+)$", thread, re.M)[1]) > 1, thread
    failed, told = await call(client, "explain", query="from:alice has:attachment")
    assert not failed and "canonical: from:alice has:attachment" in told and "datatap: " in told, told
    failed, helped = await call(client, "syntax_help", topic="fields")
    assert not failed and "`from:`" in helped, helped
    templates = await client.list_resource_templates()
    assert [one.uri_template for one in templates.resource_templates] == ["message://{id}"], templates
    resource = await client.read_resource(f"message://{ids[0]}")
    check_marks(resource.contents[0].text)
    assert "Report" in resource.contents[0].text
    for tool, arguments in [("search", {"query": "a", "limit": 51}), ("search", {"query": 5}), ("search", {}), ("get_message", {"id": "no"}),
                            ("get_thread", {"id": "no"}), ("count", {"query": "a", "by": "body"}), ("search", {"query": "a", "cursor": "x"}),
                            ("search", {"query": "a", "more": 1}), ("syntax_help", {"topic": "teleport"})]:
        failed, told = await call(client, tool, **arguments)
        assert failed and "error: " in told, (tool, arguments, told)
    for wrong in [client.call_tool("delete", {}), client.read_resource("message://no"), client.read_resource("file:///etc/passwd")]:
        try:
            await wrong
        except MCPError:
            continue
        raise AssertionError("asked for what there is not, and got it")


async def hostile_mail(client):
    answers = [await call(client, "search", query="trap", limit=50), await call(client, "search", query="subject:trap", sort="oldest", limit=30),
               await call(client, "count", query="trap", by="sender"), await call(client, "count", query="trap", by="folder"),
               await call(client, "get_thread", id="hostile-00")]
    assert len(re.findall(r"^\d+\. id=hostile-", answers[0][1], re.M)) == 30, answers[0][1]
    for one in documents():
        answers.append(await call(client, "get_message", id=one["id"]))
        answers.append(await call(client, "get_message", id=one["id"], length=1_000_000))
        resource = await client.read_resource(f"message://{one['id']}")
        text = resource.contents[0].text
        assert len(text.encode()) <= CEILING
        check_marks(text)
    assert not any(failed for failed, _ in answers)
    ids = {re.search(r"<<mail ([0-9a-f]{16})>>", text)[1] for _, text in answers}
    assert len(ids) == len(answers), "two answers with one id"
    drawn = sum(check_drawn(text) for _, text in answers)
    assert drawn >= 30, drawn
    # A long body can be read to its end, piece by piece.
    offset, pieces = 0, 0
    while True:
        failed, text = await call(client, "get_message", id="hostile-27", offset=offset, length=1_000_000)
        place = re.search(r"body: characters (\d+) to (\d+) of (\d+)", text)
        assert not failed and int(place[1]) == offset < int(place[2]), place
        offset, pieces = int(place[2]), pieces + 1
        if place[2] == place[3]:
            break
    return len(answers), pieces


async def broken_queries(client):
    right, wrong = 0, []
    for query, meant in BROKEN:
        failed, told = await call(client, "search", query=query)
        assert failed, f"{query} is no broken query: {told}"
        assert "error[" in told and "^" in told and "help: " in told, told
        fixed = re.search(r"^fixed: (.*)$", told, re.M)
        if fixed is None:
            wrong.append((query, None))
            continue
        failed, _ = await call(client, "search", query=fixed[1])
        assert not failed, f"{fixed[1]} was told as right"
        canonical = [re.search(r"^canonical: (.*)$", (await call(client, "explain", query=text))[1] + "canonical: \n", re.M)[1] for text in (fixed[1], meant)]
        if canonical[0] == canonical[1]:
            right += 1
        else:
            wrong.append((query, fixed[1]))
    assert right >= 35, (right, wrong)
    return right, wrong


def start(config):
    server = subprocess.Popen([POSTERN, "--config", str(config), "--quiet", "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, server.stdout.readline().strip().removeprefix("listening on ")


def over_http(base, key, header="X-API-Key"):
    value = f"Bearer {key}" if header == "Authorization" else key
    return Client(streamable_http_client(f"{base}/mcp", http_client=create_mcp_http_client(headers={header: value})))


def status(base, **headers):
    """What a bare request gets."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **headers}
    request = urllib.request.Request(f"{base}/mcp", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


async def isolation(base):
    """A key sees its mailboxes: rows, counts, messages, threads and resources of others are not there."""
    async with over_http(base, ANN, "Authorization") as client:
        for tool, arguments in [("search", {"query": "subject:report", "limit": 50}), ("count", {"query": "subject:report", "by": "mailbox"}),
                                ("get_thread", {"id": "m1"}), ("search", {"query": "mailbox:bob@x.example"})]:
            failed, text = await call(client, tool, **arguments)
            assert not failed and "bob@x.example" not in text.split("\nquery: ")[-1].split("\n", 1)[-1], text
        failed, counted = await call(client, "count", query="subject:report")
        assert "count: 30 (exact)" in counted and "coverage: 60 of 60" in counted, counted
        for tool in ("get_message", "get_thread"):
            unknown = await call(client, tool, id="m0")
            nowhere = await call(client, tool, id="nowhere")
            assert unknown == nowhere and unknown[0], (unknown, nowhere)
    async with over_http(base, BOB) as client:
        failed, counted = await call(client, "count", query="")
        assert "count: 30 (exact)" in counted, counted


def audited():
    """Every question of a tool is in the log: by nobody's name over the own data, by the names of keys elsewhere."""
    listed = subprocess.run([POSTERN, "--data", str(WORK / "data"), "audit", "search", "--format", "jsonl", "--limit", "100000"],
                            capture_output=True, text=True, check=True)
    asked = [entry for entry in map(json.loads, listed.stdout.splitlines()) if entry.get("how") == "mcp"]
    seen = {(entry["who"], entry["what"], entry["path"].split("/")[2]) for entry in asked}
    for who in ("local", "ann"):
        for kind in (("search", "search"), ("search", "translate"), ("view", "messages"), ("view", "threads")):
            assert (who, *kind) in seen, (who, kind, seen)
    assert ("bob", "search", "search") in seen, seen
    assert all(entry["status"] in (200, 400, 404) for entry in asked), asked
    subprocess.run([POSTERN, "--data", str(WORK / "data"), "audit", "verify"], capture_output=True, check=True)
    print(f"{len(asked)} questions stand in the audit log, which verifies")


async def main():
    assert check_drawn("<<mail 0123456789abcdef>>\nplain\n<<end 0123456789abcdef>>") == 1
    for live in ("![a](https://evil.example)", "see https://evil.example", "<b>x</b>"):
        try:
            check_drawn(f"<<mail 0123456789abcdef>>\n{live}\n<<end 0123456789abcdef>>")
        except AssertionError:
            continue
        raise SystemExit(f"the reader of Markdown is blind to {live}")
    lines = WORK / "mail.jsonl"
    lines.write_text("".join(json.dumps(one) + "\n" for one in mail()))
    subprocess.run([POSTERN, "--data", str(WORK / "data"), "--quiet", "index", str(lines)], check=True)
    params = StdioServerParameters(command=POSTERN, args=["--data", str(WORK / "data"), "--quiet", "mcp"], env={"PATH": os.environ["PATH"]})
    async with Client(params) as client:
        await each_tool(client)
        print("standard input and output: every tool, its errors and its resource")
        answers, pieces = await hostile_mail(client)
        print(f"{answers} answers with 30 hostile messages: marks intact, nothing live, none over 32 KiB; 120,000 signs read in {pieces} pieces")
        right, wrong = await broken_queries(client)
        print(f"{right} of {len(BROKEN)} broken queries are right after one reply; not {wrong}")
    keys = "".join(f'[[keys]]\nname = "{name}"\nsha256 = "{hashlib.sha256(key.encode()).hexdigest()}"\ntenant = "t1"\nmailboxes = ["{name}@x.example"]\n'
                   for name, key in (("ann", ANN), ("bob", BOB)))
    config = WORK / "postern.toml"
    config.write_text(f'data = "{WORK / "data"}"\n[mcp]\nhttp = true\n{keys}')
    without_key = subprocess.run([POSTERN, "--config", str(config), "mcp"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert without_key.returncode != 0 and "POSTERN_KEY" in without_key.stderr, without_key
    params = StdioServerParameters(command=POSTERN, args=["--config", str(config), "--quiet", "mcp"], env={"PATH": os.environ["PATH"], "POSTERN_KEY": ANN})
    async with Client(params) as client:
        failed, counted = await call(client, "count", query="subject:report")
        assert not failed and "count: 30 (exact)" in counted, counted
    server, base = start(config)
    try:
        assert [status(base), status(base, **{"X-API-Key": "wrong"})] == [401, 401]
        assert status(base, **{"X-API-Key": ANN, "Origin": "https://evil.example"}) == 403
        async with over_http(base, ANN) as client:
            await each_tool(client)
            await hostile_mail(client)
        await isolation(base)
        print("/mcp: every tool, keys, mailboxes and origins as over HTTP")
    finally:
        server.kill()
    audited()
    config.write_text(f'data = "{WORK / "data"}"\n{keys}')
    server, base = start(config)
    try:
        assert status(base, **{"X-API-Key": ANN}) == 404, "it is off unless the configuration turns it on"
    finally:
        server.kill()


WORK.mkdir(parents=True, exist_ok=True)
asyncio.run(main())
