"""Lines for a report, drawn from the words of the mail itself: what people write into search-term lists, and what they
get wrong."""

import collections
import json
import random
import re
import subprocess

# What each of them has to be told of.
BAD = ["form:alice", "(invoice", '"open', "before:notaday", "size:>manymb", "is:reed", "a AND", "/(/"]


def values(postern, data, by):
    out = subprocess.run([postern, "--data", data, "count", "--by", by, "--limit", "200", "--format", "json"], capture_output=True, check=True).stdout
    return [one["value"] for one in json.loads(out)["values"] if one["value"]]


def words(messages):
    """Words of subjects and bodies, frequent and rare ones."""
    counted = collections.Counter()
    for message in messages:
        text = f'{message.get("subject") or ""} {(message.get("body") or "")[:2000]}'
        counted.update(set(re.findall(r"[a-z]{3,12}", text.lower())))
    kept = [word for word, count in counted.most_common() if word not in ("and", "not", "xor", "near")]
    return kept[:400] + random.sample(kept[400:], min(2000, max(0, len(kept) - 400)))


def lines(count, postern, data, messages, seed):
    """Names and queries: the first is wrong, some others are too, and some stand there twice."""
    random.seed(seed)
    known = words(messages)
    domains, months = values(postern, data, "domain"), values(postern, data, "month")
    folders = values(postern, data, "folder")
    word, some = lambda: random.choice(known), random.choice
    shapes = [
        lambda: word(),
        lambda: f"{word()} {word()}",
        lambda: f"{word()} OR {word()} OR {word()}",
        lambda: f'"{word()} {word()}"',
        lambda: f"{word()} -{word()}",
        lambda: f"subject:{word()}",
        lambda: f"{word()[:4]}*",
        lambda: f"from:@{some(domains)}",
        lambda: f"date:{some(months)}",
        lambda: f"{word()} after:{some(months)}",
        lambda: f"has:attachment {word()}",
        lambda: f"in:{json.dumps(some(folders))} ({word()} OR {word()})",
        lambda: f"{word()} AND NOT ({word()} OR subject:{word()})",
        lambda: f"size:>{random.randrange(1, 40)}k {word()}",
        lambda: f"{word()}~ {word()}",
    ]
    drawn = [("bad", BAD[0])]
    while len(drawn) < count:
        pick = random.random()
        if pick < 0.02:
            drawn.append((f"wrong {len(drawn)}", some(BAD)))
        elif pick < 0.05:
            drawn.append(("again", some(drawn)[1]))
        else:
            drawn.append((f"line {len(drawn)}", some(shapes)()))
    return drawn
