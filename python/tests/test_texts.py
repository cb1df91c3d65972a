"""Whatever the text: reading what was printed gives the same, and nothing but a QueryError comes of a fault."""

import pickle
import resource
import unittest

import postern
from hypothesis import given, settings
from hypothesis import strategies as st

DAY = "2024-05-22T12:00:00Z"
OPERATORS = ["from:", "to:", "subject:", "is:", "has:", "after:", "before:", "date:", "size>", "kind:", "in:", "filename:",
             "(", ")", "{", "}", "OR", "AND", "NOT", "XOR", "-", '"', "“", "..", ",", ":", "/", "~2", "*", "NEAR/3", "sort:"]
VALUES = ["alice", "a@x.com", "2024-05", "yesterday", "read", "1M", "山田", "O'Brien", "e\u0301", "🙂", "\u202e", "\0", "\ud800", "\udfff"]
PIECES = st.one_of(st.sampled_from(OPERATORS), st.sampled_from(VALUES), st.text(max_size=8),
                   st.text(alphabet=st.characters(codec=None), max_size=4))
TEXTS = st.lists(PIECES, max_size=12).map(" ".join) | st.lists(PIECES, max_size=12).map("".join)
TARGETS = ["postern", "datatap", "elasticsearch", "kql", "aqs"]


def inside(text, span):
    return 0 <= span.start <= span.end <= len(text)


def check_error(text, error):
    assert error.errors and str(error), text
    for one in error.errors:
        assert inside(text, one.span) and one.code and one.title, (text, one)
        assert one.fix is None or inside(text, one.fix.span), (text, one)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.errors, again.fixed, str(again)) == (type(error), error.errors, error.fixed, str(error))


class Texts(unittest.TestCase):
    @settings(max_examples=600, deadline=None)
    @given(TEXTS)
    def test_printed_text_reads_back(self, text):
        try:
            parsed = postern.parse(text, today=DAY)
        except postern.QueryError as error:
            check_error(text, error)
            assert postern.check(text, today=DAY) == error.errors
            if error.fixed is not None:
                postern.parse(error.fixed, today=DAY)
            return
        again = postern.parse(parsed.canonical, today=DAY)
        assert (again, again.canonical) == (parsed, parsed.canonical)
        assert postern.check(text, today=DAY) == ()
        assert all(inside(text, advice.span) for advice in parsed.advice)

    @settings(max_examples=300, deadline=None)
    @given(TEXTS, st.sampled_from(TARGETS), st.sampled_from(["postern", "odata", "lucene"]))
    def test_only_query_errors_come_of_a_text(self, text, target, language):
        try:
            done = postern.translate(text, target=target, language=language, today=DAY)
        except postern.QueryError as error:
            return check_error(text, error)
        assert done.sent is not None and done.fidelity in ("exact", "approximate") and done.english
        assert all(note.span is None or inside(text, note.span) for note in done.notes)

    @settings(max_examples=300, deadline=None)
    @given(TEXTS, st.integers(0, 80))
    def test_completions_fit_the_text(self, text, cursor):
        try:
            done = postern.complete(text, cursor, today=DAY)
        except postern.QueryError as error:
            return check_error(text, error)
        assert inside(text, done.span), (text, done)
        for one in done.suggestions:
            assert one.kind in ("operator", "word") and one.text

    @settings(max_examples=200, deadline=None)
    @given(TEXTS, st.dictionaries(st.sampled_from(["subject", "body", "fromAddress", "folder"]), st.text(max_size=20)))
    def test_a_query_matches_or_does_not(self, text, fields):
        try:
            does = postern.matches(text, {"id": "1", **fields}, today=DAY)
            not_so = postern.matches(f"NOT ({text})", {"id": "1", **fields}, today=DAY)
        except postern.QueryError as error:
            assert error.errors
        else:
            assert does in (True, False) and not_so in (True, False)

    def test_nothing_leaks(self):
        """Memory does not grow with the number of calls. A leak of one text a call would be 40 MB."""
        texts = ["from:山田 OR (subject:report -is:read) " + "x" * 2000, "form:alice " + "y" * 2000, "contents:a " + "z" * 2000]

        def calls(count):
            for number in range(count):
                text = texts[number % len(texts)]
                try:
                    done = postern.translate(text, today=DAY)
                    (done.params, done.notes, done.english)
                except postern.QueryError as error:
                    (error.errors, str(error))
                postern.complete(text, 5, today=DAY)

        calls(2_000)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        calls(20_000)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 10_000, f"{grown} KiB more"


if __name__ == "__main__":
    unittest.main()
