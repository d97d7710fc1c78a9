"""README.md's examples do what it says: all of them, from top to bottom, as a newcomer would."""
import os
import shutil
import subprocess
import unittest

import documented
from free_ports import free_ports
from servers import JOHN, PASSWORDS, ROOT, ServerCase

PAGE = ROOT / "README.md"
CLIENTS = {"curl": "curl", "swaks": "swaks", "nc": "netcat-openbsd", "python3": "python3", "openssl": "openssl"}   # command → package
HOST = "lab.example.com"   # what the page's machine is called


class ReadmeTest(ServerCase):
    def start_both(self, smtp_options=(), pop3_options=()):
        """What the page says in place of the ports that they listen on."""
        smtp = self.start_smtp("--hostname", HOST, *smtp_options)
        pop3 = self.start_pop3("--hostname", HOST, *pop3_options)
        return ("2525", str(smtp.port)), ("1110", str(pop3.port))

    def start_both_with_tls(self):
        """As ./run.sh --tls does, but on free ports."""
        tls = self.site.folder / ".tls"
        subprocess.run(["bash", "-ec", 'source "$0"; make_certificate "$@"', ROOT / "cmake/make_certificate.sh", tls, "127.0.0.1"],
                       check=True, stdout=subprocess.DEVNULL)
        ports = tuple(zip(("2465", "2995"), map(str, free_ports(2))))
        options = [("--tls-cert", str(tls / "server.pem"), "--tls-key", str(tls / "server.key"), "--tls-port", port) for _, port in ports]
        return *self.start_both(*options), *ports

    def test_its_examples_print_what_it_shows(self):
        missing = [package for command, package in CLIENTS.items() if shutil.which(command) is None]
        if missing:
            self.skipTest(f"README.md's examples need the packages {' '.join(missing)}, which are not installed")
        clear = self.start_both()
        encrypted = self.start_both_with_tls()
        compared = 0
        for example in documented.examples(PAGE):
            if example.reason_not_run:
                continue
            ports = encrypted if example.name == "tls" else clear
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
