"""The man pages are well-formed, and have every option of --help, and no other."""
import re
import shutil
import subprocess
import unittest

from servers import BINARIES, ROOT

MANUALS = ROOT / "docs/man"
PAGES = {"smtpd": MANUALS / "mysmtpd.8", "pop3d": MANUALS / "mypopd.8"}
EXAMPLES = {"smtpd": ROOT / "cmake/package/mysmtpd.conf.in", "pop3d": ROOT / "cmake/package/mypopd.conf.in"}


def said(which, *arguments):
    return subprocess.run([BINARIES[which], *arguments], capture_output=True, text=True, check=True).stdout


def options_of_help(which):
    """Long name → default as --help shows it, or None."""
    entries = re.split(r"^  (?=-)", said(which, "--help"), flags=re.MULTILINE)[1:]
    options = {}
    for entry in entries:
        name = re.search(r"--([a-z-]+)", entry)[1]
        default = re.search(r"\[([^\]]*)\]", entry)
        options[name] = default[1] if default else None
    return options


def options_of_manual(which):
    """Long name → what the page says of it."""
    parts = re.split(r"^\.It (?=Fl )", PAGES[which].read_text(), flags=re.MULTILINE)[1:]
    return {re.search(r"Fl -([a-z-]+)", part)[1]: re.split(r"^\.El", part, flags=re.MULTILINE)[0] for part in parts}


class ManualsTest(unittest.TestCase):
    def test_they_are_well_formed(self):
        if shutil.which("mandoc") is None:
            self.skipTest("the package mandoc is not installed")
        pages = sorted(MANUALS.iterdir())
        self.assertEqual([page.name for page in pages], ["mypopd.8", "mysmtpd.8", "users.txt.5"])
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True, text=True)
        self.assertEqual((lint.returncode, lint.stdout), (0, ""))

    def test_they_have_the_options_of_help(self):
        for which in PAGES:
            with self.subTest(server=which):
                self.assertEqual(sorted(options_of_manual(which)), sorted(options_of_help(which)))

    def test_numbers_are_the_defaults_of_help(self):
        for which in PAGES:
            manual = options_of_manual(which)
            numbers = {name: value for name, value in options_of_help(which).items() if value and value.isdigit()}
            self.assertGreater(len(numbers), 0)
            for name, number in numbers.items():
                with self.subTest(server=which, option=name):
                    self.assertRegex(manual[name], rf"\bdefault is {number}\b")

    def test_the_example_configurations_have_the_options_of_help(self):
        # All that a file can say; what is said once on a command line has no place there.
        for which, example in EXAMPLES.items():
            with self.subTest(server=which):
                named = set(re.findall(r"^#?([a-z-]+) = ", example.read_text(), flags=re.MULTILINE))
                expected = set(options_of_help(which)) - {"help", "version", "config", "show-config"}
                self.assertEqual(named - {"port"}, expected)

    def test_the_example_configurations_show_the_defaults_of_help(self):
        for which, example in EXAMPLES.items():
            shown = dict(re.findall(r"^#([a-z-]+) = (\d+)$", example.read_text(), flags=re.MULTILINE))
            for name, default in options_of_help(which).items():
                with self.subTest(server=which, option=name):
                    if default and default.isdigit():
                        self.assertEqual(shown.get(name), default)


if __name__ == "__main__":
    unittest.main()
