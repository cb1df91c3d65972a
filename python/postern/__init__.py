"""Search queries for collected Microsoft 365 mail: one language, translated for every engine.

Each function takes a text and gives a finished answer. No function asks a network or reads a file.
A text with faults raises `QueryError`, which draws them and says what to type instead.
"""

from ._parts import Advice, Completions, Error, Fix, Note, QueryError, Span, Suggestion, Unsupported
from ._postern import (
    Fields,
    Parsed,
    Translation,
    check,
    complete,
    english,
    from_odata,
    matches,
    parse,
    translate,
)

__all__ = [
    "Advice",
    "Completions",
    "Error",
    "Fields",
    "Fix",
    "Note",
    "Parsed",
    "QueryError",
    "Span",
    "Suggestion",
    "Translation",
    "Unsupported",
    "check",
    "complete",
    "english",
    "from_odata",
    "matches",
    "parse",
    "translate",
]
