"""The cases of crates/query, which each way in is held to: a text, and on the lines below it what comes of it."""

import pathlib
import re
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "crates" / "query" / "tests" / "corpus"
LANGUAGES = ("postern", "odata", "lucene")
# From where the Rust tests of the cases read them.
TODAY, ME = "2024-05-22T15:30:00Z", "me@contoso.com"
MARKS = ("  = ", "  : ", "  ~ ", "  ! ", "  > ")


@dataclass
class Case:
    language: str
    text: str
    answers: list = field(default_factory=list)

    def of(self, mark):
        return [line[len(mark) :] for line in self.answers if line.startswith(mark)]


def cases(language):
    """Every case that is a query in full syntax with any of its words: a filter, not an order."""
    found = []
    for file in sorted((FOLDER / language).rglob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith(MARKS):
                found[-1].answers.append(line)
            elif line and not line.startswith("#"):
                found.append(Case(language, unescaped(line)))
    return [case for case in found if not case.text.startswith("$orderby ") and " :: " not in case.text]


def unescaped(line):
    line = line.replace("\\n", "\n").replace("\\t", "\t")
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), line)


def visible(text):
    """Control characters as they are written in the cases."""
    return "".join(f"\\u{{{ord(c):x}}}" if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in text)
