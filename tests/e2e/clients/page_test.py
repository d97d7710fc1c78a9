"""docs/clients.md names every client that is tested, and says nothing that is not so."""
import importlib
import pathlib
import re
import unittest

import encrypted_test
from client_case import PAGE, ClientCase
from servers import ROOT
import documented

HERE = pathlib.Path(__file__).parent


class PageTest(unittest.TestCase):
    def files(self):
        return sorted(file.name for file in HERE.glob("*_test.py") if file.name != pathlib.Path(__file__).name)

    def test_what_it_links_to_is_there(self):
        for name in filter(None, documented.links(PAGE)):
            self.assertTrue((PAGE.parent / name).exists(), f"docs/clients.md links to {name}")

    def test_its_table_has_every_test(self):
        row = re.compile(r"^\| \[.*\| \[(\w+\.py)\]\(\.\./tests/e2e/clients/(\w+\.py)\) \|$", re.MULTILINE)
        rows = row.findall(PAGE.read_text())
        self.assertEqual(sorted(rows), [(name, name) for name in self.files()])

    def test_its_table_of_tls_and_logins_is_what_runs(self):
        self.assertIn("\n\n" + encrypted_test.page_table() + "\n", PAGE.read_text())

    def test_every_example_and_file_is_used_by_a_test(self):
        sources = "".join((HERE / name).read_text() for name in self.files())
        for kind, name in re.findall(r"<!-- (run|file): (?:~/)?(\S+) -->", PAGE.read_text()):
            self.assertIn({"run": f'run_example("{name}"', "file": f'"{name}"'}[kind], sources)

    def test_every_client_is_among_the_packages_that_test_sh_installs(self):
        installed = {line.split()[1] for line in (ROOT / "cmake/packages.txt").read_text().splitlines()
                     if line.startswith("test ")}
        for name in self.files():
            for case in vars(importlib.import_module(name.removesuffix(".py"))).values():
                if isinstance(case, type) and issubclass(case, ClientCase):
                    for package in case.NEEDS.values():
                        self.assertIn(package, installed, name)


if __name__ == "__main__":
    unittest.main()
