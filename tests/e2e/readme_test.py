"""README.md's examples do what it says: all of them, from top to bottom, as a newcomer would."""
import os
import shutil
import unittest

import documented
from servers import JOHN, PASSWORDS, ROOT, ServerCase

PAGE = ROOT / "README.md"
CLIENTS = {"curl": "curl", "swaks": "swaks", "nc": "netcat-openbsd", "python3": "python3"}   # command → package
HOST = "lab.example.com"   # what the page's machine is called


class ReadmeTest(ServerCase):
    def test_its_examples_print_what_it_shows(self):
        missing = [package for command, package in CLIENTS.items() if shutil.which(command) is None]
        if missing:
            self.skipTest(f"README.md's examples need the packages {' '.join(missing)}, which are not installed")
        smtp = self.start_smtp("--hostname", HOST)
        pop3 = self.start_pop3("--hostname", HOST)
        ports = (("2525", str(smtp.port)), ("1110", str(pop3.port)))
        compared = 0
        for example in documented.examples(PAGE):
            if example.reason_not_run:
                continue
            with self.subTest(line=example.line):
                status, printed = example.run(self.site.folder, ports)
                self.assertEqual(status, 0, f"{example.text}\nprinted:\n{printed}")
                if example.prints is not None:
                    back = [(new, old) for old, new in ports]
                    self.assertEqual(documented.comparable(documented.replaced(printed, back)),
                                     documented.comparable(example.prints))
                    compared += 1
        self.assertGreater(compared, 3)

    def test_it_names_the_users_of_the_sample(self):
        # Its examples log in as this user with this password, which run.sh's users.txt must know.
        self.assertIn(f"{JOHN} {PASSWORDS[JOHN]}\n", (ROOT / "users.txt").read_text())
        self.assertIn(f"{JOHN}:{PASSWORDS[JOHN]}", PAGE.read_text())

    def test_what_it_links_to_is_there(self):
        for name in documented.links(PAGE):
            self.assertTrue(os.path.exists(ROOT / name), f"README.md links to {name}")


if __name__ == "__main__":
    unittest.main()
