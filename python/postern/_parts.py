"""What answers are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Optional


class Span(NamedTuple):
    """A part of a text: `text[span.start:span.end]`."""

    start: int
    end: int


@dataclass(frozen=True)
class Fix:
    """A change that mends a fault. Where the span is empty, the replacement is inserted."""

    span: Span
    replacement: str


@dataclass(frozen=True)
class Error:
    """A fault of a query. `code` is stable; the texts are for people."""

    code: str
    title: str
    span: Span
    label: str
    hint: Optional[str]
    fix: Optional[Fix]


@dataclass(frozen=True)
class Advice:
    """A remark about a query that works, but perhaps not as meant."""

    code: str
    span: Span
    message: str


@dataclass(frozen=True)
class Note:
    """One thing that differs at a target. `span` is missing where it is the query as a whole."""

    fidelity: str
    direction: Optional[str]
    span: Optional[Span]
    message: str


@dataclass(frozen=True)
class Suggestion:
    """Something that can come next: an `operator`, or a `word` that is its value."""

    text: str
    kind: str
    help: Optional[str]


@dataclass(frozen=True)
class Completions:
    """What can come next, and the part of the text that a suggestion replaces."""

    span: Span
    suggestions: tuple[Suggestion, ...]


class QueryError(ValueError):
    """A query with faults. Its text draws each of them below the query.

    `errors` are the first twenty faults, in the order of the text, and `others` says how many more there are.
    `fixed` is the query with every fix, if it has no fault then.
    """

    def __init__(
        self, drawn: str, query: str, errors: tuple[Error, ...], others: int, fixed: Optional[str]
    ) -> None:
        super().__init__(drawn)
        self.query = query
        self.errors = errors
        self.others = others
        self.fixed = fixed

    def __reduce__(self) -> tuple[type[QueryError], tuple[object, ...]]:
        return type(self), (self.args[0], self.query, self.errors, self.others, self.fixed)


class Unsupported(QueryError):
    """A query that a target cannot say. `notes` are all that the target says of it."""

    def __init__(
        self,
        drawn: str,
        query: str,
        errors: tuple[Error, ...],
        others: int,
        fixed: Optional[str],
        notes: tuple[Note, ...],
    ) -> None:
        super().__init__(drawn, query, errors, others, fixed)
        self.notes = notes

    def __reduce__(self) -> tuple[type[QueryError], tuple[object, ...]]:
        made, arguments = super().__reduce__()
        return made, (*arguments, self.notes)
