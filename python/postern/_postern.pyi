from collections.abc import Iterable
from datetime import date
from typing import Any, Literal, Optional, Union, final

from ._parts import Advice, Completions, Error, Note

__all__ = [
    "Fields",
    "Parsed",
    "Translation",
    "check",
    "complete",
    "english",
    "from_odata",
    "matches",
    "parse",
    "translate",
]

# A date, a time in the zone, a moment, or the text of one in ISO 8601.
_Day = Union[date, str]
_Target = Literal["postern", "datatap", "elasticsearch", "kql", "aqs"]

@final
class Fields:
    def __new__(cls, answer: object) -> Fields: ...
    def __contains__(self, path: str, /) -> bool: ...

@final
class Parsed:
    @property
    def canonical(self) -> str: ...
    @property
    def english(self) -> str: ...
    @property
    def advice(self) -> tuple[Advice, ...]: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class Translation:
    @property
    def target(self) -> str: ...
    @property
    def canonical(self) -> Optional[str]: ...
    @property
    def english(self) -> str: ...
    @property
    def advice(self) -> tuple[Advice, ...]: ...
    @property
    def fidelity(self) -> Literal["exact", "approximate"]: ...
    @property
    def direction(self) -> Optional[Literal["wider", "narrower", "either"]]: ...
    @property
    def notes(self) -> tuple[Note, ...]: ...
    @property
    def sent(self) -> Any: ...
    @property
    def params(self) -> dict[str, str]: ...
    @property
    def text(self) -> str: ...

def translate(
    query: str,
    *,
    target: _Target = "datatap",
    language: Literal["postern", "odata", "lucene"] = "postern",
    today: Optional[_Day] = None,
    zone: str = "UTC",
    me: Optional[Union[str, Iterable[str]]] = None,
    fields: Optional[Fields] = None,
) -> Translation: ...
def from_odata(filter: str, *, target: _Target = "postern") -> Translation: ...
def parse(
    query: str,
    *,
    today: Optional[_Day] = None,
    zone: str = "UTC",
    me: Optional[Union[str, Iterable[str]]] = None,
) -> Parsed: ...
def english(
    query: str,
    *,
    today: Optional[_Day] = None,
    zone: str = "UTC",
    me: Optional[Union[str, Iterable[str]]] = None,
) -> str: ...
def check(
    query: str,
    *,
    today: Optional[_Day] = None,
    zone: str = "UTC",
    me: Optional[Union[str, Iterable[str]]] = None,
) -> tuple[Error, ...]: ...
def complete(
    query: str,
    cursor: Optional[int] = None,
    *,
    limit: int = 10,
    today: Optional[_Day] = None,
    zone: str = "UTC",
    me: Optional[Union[str, Iterable[str]]] = None,
) -> Completions: ...
def matches(
    query: str,
    message: dict[str, Any],
    *,
    today: Optional[_Day] = None,
    zone: str = "UTC",
    me: Optional[Union[str, Iterable[str]]] = None,
) -> bool: ...
