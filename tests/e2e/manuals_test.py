"""The man pages are well-formed, and have every option of --help, and no other."""
import re
import shutil
import subprocess
import tempfile
import unittest

from servers import BINARIES, ROOT

MANUALS = ROOT / "docs/man"
PAGES = {"smtpd": MANUALS / "mysmtpd.8", "pop3d": MANUALS / "mypopd.8"}
# What is asked once, and has no place in a file.
ON_A_COMMAND_LINE = {"help", "version", "config", "show-config", "hash-password", "scheme", "self-test-sandbox"}
EXAMPLES = {"smtpd": ROOT / "cmake/package/mysmtpd.conf.in", "pop3d": ROOT / "cmake/package/mypopd.conf.in"}


def said(which, *arguments):
    return subprocess.run([BINARIES[which], *arguments], capture_output=True, text=True, check=True).stdout


def options_of_help(which):
    """Their long names."""
    return set(re.findall(r"^  (?:\S+,)?--([a-z-]+)", said(which, "--help"), flags=re.MULTILINE))


def settings(which, *arguments):
    """Those in force, as --show-config has them: a name may come more than once."""
    return [tuple(line.split(" = ", 1)) for line in said(which, *arguments, "--show-config").splitlines()]


def options_of_manual(which):
    """Long name → what the page says of it."""
    said_of = {}
    for part in re.split(r"^\.It ", PAGES[which].read_text(), flags=re.MULTILINE)[1:]:
        heading, text = re.split(r"^\.(?:El|Ss|Sh)\b", part, flags=re.MULTILINE)[0].split("\n", 1)
        for name in re.findall(r"\bFl -([a-z-]+)", heading):
            said_of[name] = text
    return said_of


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
                self.assertEqual(set(options_of_manual(which)), options_of_help(which))

    def test_they_have_the_defaults(self):
        for which in PAGES:
            manual = options_of_manual(which)
            defaults = {name: value for name, value in settings(which) if name != "hostname"}
            self.assertGreater(len(defaults), 5)
            for name, value in defaults.items():
                with self.subTest(server=which, option=name):
                    if value == "false":
                        self.assertIn("Without it", manual[name])
                    else:
                        self.assertRegex(manual[name], rf"\bdefault\b(?s:.*)\b{re.escape(value)}\b")

    def test_the_example_configurations_name_every_option(self):
        for which, example in EXAMPLES.items():
            with self.subTest(server=which):
                named = set(re.findall(r"^#?([a-z-]+) = ", example.read_text(), flags=re.MULTILINE))
                self.assertEqual(named, options_of_help(which) - ON_A_COMMAND_LINE)

    def test_the_example_configurations_are_taken_and_show_the_defaults(self):
        # With what is only a comment in them made to count.
        examples = {"hostname", "postmaster", "port", "listen", "trace-headers", "tls-cert", "tls-key", "tls-port",
                    "allow-plaintext-logins", "hide-users", "throttle-loopback", "require-login", "any-sender", "user", "no-sandbox"}
        for which, example in EXAMPLES.items():
            with self.subTest(server=which), tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                text = example.read_text().replace("@CONFIGURATION_DIR@", "/etc/mymail")
                text = re.sub(r"^#(?=[a-z-]+ = )", "", text, flags=re.MULTILINE)
                file.write(text)
                file.flush()
                taken = settings(which, "--config", file.name)
                shown = re.findall(r"^([a-z-]+) = (.*)$", text, flags=re.MULTILINE)
                self.assertEqual(sorted(taken), sorted(shown))
                own = {"users", "store"} | examples
                defaults = [setting for setting in settings(which) if setting[0] not in own]
                self.assertEqual(sorted(setting for setting in taken if setting[0] not in own), sorted(defaults))


if __name__ == "__main__":
    unittest.main()
