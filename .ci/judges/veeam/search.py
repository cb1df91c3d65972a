"""Drawn queries before Veeam item search, under each reading of its language that the documentation leaves open.

An answer noted `wider` must contain what the local index finds over the same mail, one noted `narrower` must lie inside
it, and at most a third may be `either`. No answer of Veeam may be called exact.
"""

import collections
import itertools
import json
import pathlib
import re
import statistics
import time

from home import exported
from scene import check, lay_out, tell
from stand_in import Direct, Server
from sync import BOXES, FOLDERS, no_session_open, sync

SWITCHES = [("prefix", "left"), ("word", "precedence"), ("substring", "refuse")]
WORD = re.compile(r"[a-z]{3,12}")
# A comment shows nothing (HTML Living Standard, 13.1.6), so `add<!--x-->ress` is one word. The stand-in reads two.
COMMENT_IN_WORD = re.compile(rb"\w<!--[^>]*-->\w")
# A row of underscores has no letter and is no word (Unicode Standard Annex 29, 4.1). The stand-in reads one, so that no
# phrase reaches over it.
UNDERSCORES = re.compile(r"(?<!\w)_+(?!\w)")


def judge(scene):
    messages = sorted(pathlib.Path(scene.corpus, "spamassassin").rglob("[0-9]*.*"))
    one_reading = [message for message in messages if not COMMENT_IN_WORD.search(message.read_bytes())]
    tell(f"left out, because a comment stands inside of a word: {len(messages) - len(one_reading)} of {len(messages)} messages")
    root = scene.work / "veeam-search"
    lay_out(scene.dice.sample(one_reading, scene.size(200, 1000)), root, BOXES, FOLDERS)
    combinations = SWITCHES if not scene.full else list(itertools.product(("prefix", "word", "substring"), ("left", "precedence", "refuse")))
    with Server(scene.veeam, root) as server:
        data = scene.data("search")
        config = scene.config("search", server, data, tenant='engines = ["local", "veeam"]')
        sync(scene, config, expect=0)
        queries = draw(scene, list(exported(scene, config).values()))
        opened = len(server.overview()["sessions"])
        with scene.gateway(config) as front:
            here = {query: local(front, query) for query in itertools.islice(queries, scene.size(60, 300) * 3)}
            for matching, booleans in combinations:
                server.policy(matching=matching, booleans=booleans)
                compare(scene, front, here, matching, booleans)
            server.policy(matching="prefix", booleans="left")
            speed(scene, server, front, [query for query in here][:scene.size(40, 200)])
        # The gateway opened one, and the measuring of speed one.
        check(len(server.overview()["sessions"]) - opened == 2, "one restore session serves all searches of a process", server.overview()["sessions"])
        no_session_open(server)


def draw(scene, documents):
    """Queries of our language over words, people, dates and sizes of these messages."""
    dice, made = scene.dice, set()

    def words(field):
        while True:
            text = str(dice.choice(documents).get(field) or "")[:4000].lower()
            found = WORD.findall(dice.choice(UNDERSCORES.split(text)))
            if found:
                return found

    def phrase(field):
        found = words(field)
        start = dice.randrange(len(found))
        return " ".join(found[start:start + 2])

    def person(role):
        for _ in range(100):
            one = dice.choice(documents)
            people = [one.get("fromAddress")] if role == "from" else [r["address"] for r in one.get(f"{role}Recipients") or []]
            people = [p for p in people if p and re.fullmatch(r"[\w.+-]+@[\w.-]+", p)]
            if people:
                return dice.choice(people)
        return "nobody@example.com"

    def day():
        for _ in range(100):
            moment = dice.choice(documents).get("receivedDateTime")
            if moment:
                return moment[:10]
        return "2002-09-01"

    def atom():
        role = dice.choice(["from", "to", "cc"])
        first, last = sorted((day(), day()))
        return dice.choice([
            lambda: dice.choice(words("body")), lambda: dice.choice(words("body")), lambda: dice.choice(words("subject")),
            lambda: f'"{phrase("body")}"', lambda: f"{dice.choice(words('body'))[:4]}*", lambda: f"subject:{dice.choice(words('subject'))}",
            lambda: f'subject:"{phrase("subject")}"', lambda: f"body:{dice.choice(words('body'))}", lambda: f"{role}:{person(role)}",
            lambda: f"{role}:@{person(role).partition('@')[2]}", lambda: f"participants:{person('from')}", lambda: "has:attachment",
            lambda: f"after:{first}", lambda: f"before:{last}", lambda: f"received:{first}..{last}", lambda: f"size{dice.choice('<>')}{dice.choice([2, 4, 8, 20])}K",
            lambda: "importance:high", lambda: f"mailbox:{dice.choice(BOXES)}"])()

    shapes = ["{}", "{}", "{} {}", "{} {}", "{} {}", "{} OR {}", "{} OR {} {}", "({} OR {}) {}", "-{}", "{} -{}", "{} -({} {})"]
    while True:
        shape = dice.choice(shapes)
        text = shape.format(*(atom() for _ in range(shape.count("{}"))))
        if text not in made:
            made.add(text)
            yield text


def of_mail(query):
    """The same for mail alone: what it says of the documents of drives is judged elsewhere."""
    return f"({query}) -kind:file"


def ids(front, query, engine):
    """(all ids, the first answer) or (None, problem)."""
    found, cursor, first = set(), None, None
    while True:
        body = {"q": of_mail(query), "engine": engine, "limit": 1000} | ({"cursor": cursor} if cursor else {})
        status, answer = front.json("POST", "/v1/search", body)
        if status != 200:
            return None, {"status": status, **(answer or {})}
        first = first or answer
        found |= {one["id"] for one in answer["results"]}
        cursor = answer.get("nextCursor")
        if not cursor:
            return found, first


def local(front, query):
    found, answer = ids(front, query, "local")
    check(found is not None, "the local index refuses", query, answer)
    return found


def compare(scene, front, here, matching, booleans):
    wanted, tally, wrong, codes, codes_seen = scene.size(60, 300), collections.Counter(), [], collections.Counter(), {}
    for query, ours in here.items():
        if tally.total() == wanted:
            break
        theirs, answer = ids(front, query, "veeam")
        if theirs is None:
            codes[answer.get("code")] += 1
            codes_seen.setdefault(answer.get("code"), (query, answer))
            check(answer["status"] == 400, f"{matching}, {booleans}: an engine that cannot say it", query, answer)
            continue
        said = answer["query"]
        direction = said.get("direction")
        check(answer["servedBy"]["engine"] == "veeam", "who answered", query, answer["servedBy"])
        check(said["fidelity"] == "approximate" and direction in ("wider", "narrower", "either"), "how faithful", query, said)
        check(answer["count"]["exact"] is False and all(one.get("score") is None for one in answer["results"]), "count or score", query, answer["count"])
        tally[direction] += 1
        if direction == "wider" and not ours <= theirs or direction == "narrower" and not theirs <= ours:
            wrong.append((query, direction, said.get("sent"), len(ours), len(theirs), sorted(ours - theirs)[:2], sorted(theirs - ours)[:2]))
    for one in wrong[:12]:
        print("   wrong:", one)
    tell(f"{matching}, {booleans}: {dict(tally)}, not asked {dict(codes)}; {len(wrong)} wrong")
    check(tally.total() == wanted, "too few queries can be said", dict(tally), codes_seen)
    check(not wrong, f"{matching}, {booleans}: {len(wrong)} answers are not what their direction says")
    # Of all queries it is three in ten. A sample may have more by chance: three standard deviations.
    most = tally.total() / 3 + 3 * (tally.total() * 2 / 9) ** 0.5
    check(tally["either"] <= most, f"{tally['either']} of {tally.total()} are `either`, at most {most:.0f} may be where a third is")


def speed(scene, server, front, queries):
    """The same texts before the stand-in, asked by us and through the gateway; in turns, so that both meet the same machine."""
    ours, theirs = [], []
    with Direct(server) as direct:
        for query in queries:
            status, answer = front.json("POST", "/v1/search", {"q": of_mail(query), "engine": "veeam", "limit": 25})
            if status != 200 or not isinstance(sent := sent_text(answer), str):
                continue
            through = lambda: front.json("POST", "/v1/search", {"q": of_mail(query), "engine": "veeam", "limit": 25})
            for times, ask in ((theirs, lambda: direct.search(sent, 25)), (ours, through)):
                began = time.monotonic()
                ask()
                times.append(time.monotonic() - began)
    check(len(ours) >= len(queries) // 4, "too few queries to measure", len(ours))
    share = sum(ours) / sum(theirs)
    medians = [statistics.median(times) for times in (ours, theirs)]
    tell(f"{len(ours)} searches through the gateway: median {1000 * medians[0]:.1f} ms, asking the stand-in {1000 * medians[1]:.1f} ms; "
         f"{medians[0] / medians[1]:.2f} times, {share:.2f} times in all")


def sent_text(answer):
    sent = answer["query"].get("sent")
    return sent.get("query") if isinstance(sent, dict) else sent
