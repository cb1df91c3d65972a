"""Every case of crates/query gives in Python what it gives in Rust."""

import unittest

import postern
from corpus import LANGUAGES, ME, TODAY, cases, visible


def fault(text, error):
    place = visible(text[slice(*error.span)])
    return f"{error.code} [{place}] {visible(error.title)} -- {visible(error.hint)}"


class Corpus(unittest.TestCase):
    def check(self, case, done, error):
        if error is not None:
            self.assertEqual([fault(case.text, one) for one in error.errors], case.of("  ! "), case.text)
            self.assertEqual([visible(error.fixed)] if error.fixed else [], case.of("  > "), case.text)
            return
        self.assertEqual([visible(done.english)], case.of("  : "), case.text)
        if case.language == "postern":
            self.assertEqual([visible(done.canonical)], case.of("  = "), case.text)
            told = [f"{one.code} [{visible(case.text[slice(*one.span)])}] {visible(one.message)}" for one in done.advice]
            self.assertEqual(told, case.of("  ~ "), case.text)

    def test_cases(self):
        count = 0
        for language in LANGUAGES:
            for case in cases(language):
                # `elasticsearch` can say every case.
                try:
                    done = postern.translate(case.text, target="elasticsearch", language=language, today=TODAY, me=ME)
                except postern.Unsupported:
                    continue
                except postern.QueryError as error:
                    self.check(case, None, error)
                else:
                    self.check(case, done, None)
                count += 1
        self.assertGreater(count, 400)

    def test_parse(self):
        for case in cases("postern"):
            try:
                parsed = postern.parse(case.text, today=TODAY, me=ME)
            except postern.QueryError as error:
                self.check(case, None, error)
            else:
                self.check(case, parsed, None)


if __name__ == "__main__":
    unittest.main()
