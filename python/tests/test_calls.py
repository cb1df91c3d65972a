"""What the calls give, and what arguments they take."""

import datetime
import unittest

import postern

NOON = datetime.datetime(2024, 5, 22, 12, tzinfo=datetime.timezone.utc)
NEW_YORK = datetime.timezone(datetime.timedelta(hours=-4))


class Calls(unittest.TestCase):
    def test_days(self):
        """Yesterday, of the day or moment that is given."""
        day = lambda today, zone="UTC": postern.translate("date:yesterday", today=today, zone=zone).params["filter"]
        of_21st = "receivedDateTime ge 2024-05-21T00:00:00Z and receivedDateTime lt 2024-05-22T00:00:00Z"
        for today in [NOON, "2024-05-22", datetime.date(2024, 5, 22), datetime.datetime(2024, 5, 22, 23, 59),
                      "2024-05-22T00:00:00", datetime.datetime(2024, 5, 22, 19, 59, tzinfo=NEW_YORK)]:
            self.assertEqual(day(today), of_21st, today)
        # The next day has begun in UTC.
        self.assertNotEqual(day(datetime.datetime(2024, 5, 22, 20, tzinfo=NEW_YORK)), of_21st)
        self.assertIn("ge 2024-05-20T22:00:00Z", day("2024-05-22", "Europe/Berlin"))
        for wrong in ["soon", "", 7]:
            with self.assertRaises((ValueError, AttributeError)):
                day(wrong)
        with self.assertRaisesRegex(ValueError, "zone"):
            day(NOON, "Atlantis")

    def test_me(self):
        to_me = lambda me: postern.translate("to:me", me=me, target="postern").english
        self.assertIn("ann@x.com", to_me("ann@x.com"))
        self.assertIn("bob@x.com", to_me(("ann@x.com", "bob@x.com")))
        for wrong in ["ann", ["a b@x.com"], ["a@x.com"] * 101]:
            with self.assertRaisesRegex(ValueError, "me is one address"):
                to_me(wrong)

    def test_fields_say_what_an_index_can_do(self):
        answer = [{"name": "subject", "searchable": True}, {"name": "size", "filterable": True}]
        fields = postern.Fields(answer)
        self.assertIn("size", fields)
        self.assertNotIn("isRead", fields)
        self.assertEqual(postern.translate("size>1M", fields=fields).params, {"filter": "size gt 1000000"})
        with self.assertRaises(postern.Unsupported) as caught:
            postern.translate("is:read", fields=fields)
        self.assertTrue(caught.exception.notes)
        self.assertEqual(caught.exception.errors[0].code, "unsupported")
        for wrong in ["<html>", [], {}, 5]:
            with self.assertRaisesRegex(ValueError, "no list of fields"):
                postern.Fields(wrong)

    def test_spans_are_indexes_of_characters(self):
        text = "🙂 from:山田太郎 befor:2024-01-01"
        [error] = postern.check(text)
        self.assertEqual(text[slice(*error.span)], "befor")
        self.assertEqual(text[slice(*error.fix.span)], "befor")
        fixed = text[: error.fix.span.start] + error.fix.replacement + text[error.fix.span.end :]
        self.assertEqual(fixed, "🙂 from:山田太郎 before:2024-01-01")
        done = postern.complete("山田 is:unx", len("山田 is:un"))
        self.assertEqual(done, postern.Completions(postern.Span(6, 9), (postern.Suggestion("unread", "word", None),)))

    def test_half_of_a_character_is_a_fault(self):
        text = "é \ud83d after"
        for call in [postern.parse, postern.translate, postern.english, postern.complete]:
            with self.assertRaises(postern.QueryError) as caught:
                call(text)
            [error] = caught.exception.errors
            self.assertEqual(error.span, (2, 3))
        self.assertEqual(postern.check(text), (error,))

    def test_each_target_is_sent_its_own_form(self):
        sent = {name: postern.translate("has:attachment", target=name) for name in ("datatap", "elasticsearch", "kql")}
        self.assertEqual(sent["datatap"].params, sent["datatap"].sent)
        self.assertIsInstance(sent["elasticsearch"].sent, dict)
        self.assertEqual(sent["kql"].text, sent["kql"].sent)
        with self.assertRaisesRegex(AttributeError, "`sent` is what it is sent"):
            sent["kql"].params
        with self.assertRaisesRegex(ValueError, "there is no target `sql`; there are postern, datatap"):
            postern.translate("a", target="sql")

    def test_documents(self):
        message = {"id": "1", "body": "Yes.\n\nOn Monday, 5 May 2025, Ann wrote:\n> Shall we?\n", "unknown": 7}
        self.assertTrue(postern.matches("new:yes quoted:shall", message))
        self.assertFalse(postern.matches("new:shall", message))
        for wrong in [{}, {"id": 1}, {"id": "1", "subject": 7}, {"id": "1", "receivedDateTime": "soon"}]:
            with self.assertRaisesRegex(ValueError, "no document"):
                postern.matches("a", wrong)
        with self.assertRaises(postern.QueryError):
            postern.matches("form:a", message)

    def test_answers_cannot_be_changed(self):
        with self.assertRaises(AttributeError):
            postern.parse("a").canonical = "b"
        [error] = postern.check("form:a")
        with self.assertRaises(AttributeError):
            error.code = "x"


if __name__ == "__main__":
    unittest.main()
