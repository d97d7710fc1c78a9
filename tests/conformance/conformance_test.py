"""That the check of the clauses can fail: a small tree in order, and each fault in it."""
import pathlib
import tempfile
import unittest

import clauses
import conformance
import tags

TAG = "Covers: "   # apart from what is before it: or this file's own examples would be tags
CLAUSES = """RFC 9999 An Example

1-1 MUST
    Something holds.

1-2 SHOULD NOT
    Something is done
    otherwise.
    departs: We do otherwise

A.2-1 MAY
    Somebody else does something.
    client:
"""
PROTOCOLS = "## 4. Else\n\n| We do it |\n\n## 5. Departures\n\n| what | why |\n|---|---|\n| We do otherwise (RFC 9999 §1) | so |\n"
FILES = {
    "tests/conformance/clauses/rfc9999.txt": CLAUSES,
    "docs/protocols.md": PROTOCOLS,
    "tests/transcripts/smtp/example.txt": f"# Why.\n# {TAG}9999-1-1\nS: 220 h\n",
    "tests/a/cpp_test.cc": f"// {TAG}9999-1-1,\n// 9999-1-2\n// Why.\nTEST_F(\n    ATest, Holds) {{\n}}\n",
    "tests/a/python_test.py": f"class BTest:\n    # {TAG}9999-1-1\n    @wrapped\n    def test_it_holds(self):\n        pass\n",
}


class CheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name, text in FILES.items():
            self.write(name, text)
        (self.root / "docs").mkdir(exist_ok=True)
        self.assertEqual(conformance.run(self.root, True), [])

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def change(self, name, old, new):
        self.assertIn(old, FILES[name])
        self.write(name, FILES[name].replace(old, new))

    def assert_fault(self, expected):
        found = conformance.run(self.root, True)
        self.assertTrue(any(expected in fault for fault in found), found)

    def test_a_tree_in_order_has_no_fault(self):
        self.assertEqual(conformance.run(self.root, False), [])

    def test_the_page_names_clauses_tests_and_counts(self):
        page = (self.root / "docs/conformance.md").read_text()
        self.assertIn("| 1-1 | MUST | Something holds. | `ATest.Holds`, `python_test.BTest.test_it_holds`, `smtp/example` |", page)
        self.assertIn("| 1-2 | SHOULD NOT | Something is done otherwise. | **departure**: We do otherwise; `ATest.Holds` |", page)
        self.assertIn("| A.2-1 | MAY | Somebody else does something. | *binds clients* |", page)
        self.assertIn("| [9999](#rfc-9999) | 3 | 1 | 1 | 1 | 0 | 0 | 0 | 0 |", page)

    def test_a_tag_that_names_nothing(self):
        for name in FILES:
            if name.startswith("tests/") and "clauses" not in name:
                self.change(name, "9999-1-1", "9999-1-7")
                self.assert_fault("no clause 9999-1-7")
                self.write(name, FILES[name])

    def test_a_clause_without_test_and_reason(self):
        self.change("tests/conformance/clauses/rfc9999.txt", "    client:\n", "")
        self.assert_fault("9999-A.2-1: neither a test nor a reason")

    def test_a_clause_that_loses_its_tests(self):
        for name in FILES:
            if name.startswith("tests/") and "clauses" not in name:
                self.write(name, "")
        self.assert_fault("9999-1-1: neither a test nor a reason")

    def test_a_clause_that_does_not_apply_and_has_a_test(self):
        self.change("tests/transcripts/smtp/example.txt", "9999-1-1", "9999-A.2-1")
        self.assert_fault("9999-A.2-1: does not apply (client), and has a test")

    def test_a_departure_that_is_not_documented(self):
        for old, new in (("We do otherwise (", "We do as asked ("), ("## 5.", "## 6."), ("| We do otherwise", "| And we do otherwise")):
            self.change("docs/protocols.md", old, new)
            self.assert_fault("9999-1-2: no row of docs/protocols.md §5 begins so: We do otherwise")

    def test_a_departure_without_words(self):
        self.change("tests/conformance/clauses/rfc9999.txt", "departs: We do otherwise", "departs:")
        self.assert_fault("9999-1-2: no row")

    def test_a_page_that_is_out_of_date(self):
        fault = ["docs/conformance.md is not what tests/conformance/conformance.py write makes"]
        self.change("tests/conformance/clauses/rfc9999.txt", "Something holds", "Something else holds")
        self.assertEqual(conformance.run(self.root, False), fault)
        self.write("tests/conformance/clauses/rfc9999.txt", CLAUSES)
        self.assertEqual(conformance.run(self.root, False), [])
        (self.root / "docs/conformance.md").unlink()
        self.assertEqual(conformance.run(self.root, False), fault)

    def test_a_clause_that_is_covered_twice_by_one_test(self):
        self.change("tests/transcripts/smtp/example.txt", "9999-1-1", "9999-1-1, 9999-1-1")
        self.assert_fault("smtp/example: covers 9999-1-1 twice")


class ClausesTest(unittest.TestCase):
    def test_what_is_no_clause_is_refused(self):
        for old, new in (("RFC 9999", "9999"), ("1-1 MUST", "1-1 HAS TO"), ("1-1 MUST", "1.1 MUST"), ("1-2 ", "1-3 "), ("1-2 ", "1-1 "),
                         ("    Something holds.\n", ""), ("    Something holds.", "Something holds."),
                         ("    Somebody else does something.\n", "")):
            with self.subTest(new=new), self.assertRaises(clauses.FormError):
                self.assertIn(old, CLAUSES)
                clauses.parse(CLAUSES.replace(old, new, 1))

    def test_a_reason_may_go_on_in_the_next_line(self):
        read = clauses.parse("RFC 1 x\n\n1-1 MUST\n    a\n    b\n    absent: c\n    d\n").clauses[0]
        self.assertEqual((read.name, read.text, read.why, read.words), ("1-1-1", "a b", "absent", "c d"))


class TagsTest(unittest.TestCase):
    def test_a_tag_above_no_test_is_an_error(self):
        for text in (f"// {TAG}1-1-1\n\nTEST(A, B) {{\n", f"// {TAG}1-1-1\nint x;\nTEST(A, B) {{\n", f"// {TAG}1-1-1\n", f"// {TAG}1-1-1,\nTEST(A, B) {{\n"):
            with self.subTest(text=text), self.assertRaises(tags.TagError):
                tags.of_cpp(text)
        with self.assertRaises(tags.TagError):
            tags.of_python(f"# {TAG}1-1-1\nclass A:\n    def test_b(self):\n", "m")

    def test_tests_of_one_name_in_two_classes_are_two(self):
        text = f"class A:\n    def test_x(self):\n        pass\n\n\nclass B:\n    # {TAG}1-1-1\n    def test_x(self):\n        pass\n"
        self.assertEqual(tags.of_python(text, "m"), [("m.B.test_x", "1-1-1")])


if __name__ == "__main__":
    unittest.main()
