"""A made-up vocabulary, the same in every run, and plain mail made of it."""

import random
from email.message import EmailMessage

SYLLABLES = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er")]
DAY = "Mon, 05 Feb 2024 09:00:00 +0000"


def vocabulary(count):
    dice, words = random.Random(5), {}
    while len(words) < count:
        words["".join(dice.choice(SYLLABLES) for _ in range(dice.randint(2, 5)))] = None
    return list(words)


def bulk(file, count):
    """An mbox of `count` messages, in which few words are common and most are rare."""
    dice, words = random.Random(6), vocabulary(max(4000, count * 6))
    with open(file, "wb") as out:
        for number in range(count):
            mail = EmailMessage()
            mail["From"], mail["To"] = f"p{number % 97}@d{number % 23}.example", f"q{number % 89}@contoso.com"
            mail["Subject"] = " ".join(word(dice, words) for _ in range(6))
            mail["Date"], mail["Message-ID"] = DAY, f"<bulk-{number}@attack.example>"
            mail.set_content(" ".join(word(dice, words) for _ in range(120)))
            out.write(b"From a@b Mon Feb  5 09:00:00 2024\n" + mail.as_bytes() + b"\n")


def word(dice, words):
    return words[int(len(words) * dice.random() ** 4)]
