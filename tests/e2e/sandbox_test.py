"""The sandbox (docs/security.md): what a server that runs can still do, seen from outside and by its own self-test.

Builds with sanitizers have none, so there the release is tested, built if need be.
"""
import ctypes
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import unittest
from unittest import mock

import certificates
import servers
import wire
from servers import JOHN, PASSWORDS, ROOT

BOTH = ("smtpd", "pop3d")
BAD_START = 78
BUILD_S = 500   # only catches a hang
OTHER_USER = "nobody"

# What any user may do outside a sandbox, without rights of its own.
EVERYBODYS = ("connect by TCP", "connect by a unix socket", "connect a listening socket that was shut",
              "TCP fast open of one by sendto", "TCP fast open of one by sendmsg", "send by UDP",
              "sendto by a UDP socket that is open", "sendmsg by a UDP socket that is open",
              "sendmmsg by a UDP socket that is open", "open a pair of sockets", "listen on another port", "read a file outside",
              "write to a file outside", "create a file outside", "remove a file outside", "list the root folder",
              "link a message out of the store", "write to the folder of users.txt", "start a program",
              "start a program by its descriptor", "make a file in memory, to start it", "fork", "clone3",
              "signal another process", "signal another process's thread", "map memory that code runs in",
              "turn data into code")

# System calls by number, where a test takes them away; and what a kernel says that has none.
SECCOMP = {"x86_64": 317, "aarch64": 277}
LANDLOCK = {"x86_64": 444, "aarch64": 444}
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
NO_SUCH_CALL = 38


def sandboxed_binaries():
    shown = subprocess.run([servers.BINARIES["smtpd"], "--show-config"], capture_output=True, text=True, check=True).stdout
    if "no-sandbox = false" in shown:
        return dict(servers.BINARIES)
    subprocess.run([ROOT / "run.sh", "--build-only"], check=True, timeout=BUILD_S, capture_output=True)
    return {"smtpd": str(ROOT / "build/release/smtpd/mysmtpd"), "pop3d": str(ROOT / "build/release/pop3d/mypopd")}


def setUpModule():
    patch = mock.patch.dict(servers.BINARIES, sandboxed_binaries())
    patch.start()
    unittest.addModuleCleanup(patch.stop)


def without(numbers):
    """For preexec_fn: the kernel does not know this call."""
    number = numbers[os.uname().machine]
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p

    def take_away():
        rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(ALLOW)))
        assert library.seccomp_rule_add(rules, ctypes.c_uint32(ERRNO | NO_SUCH_CALL), number, 0) == 0
        assert library.seccomp_load(rules) == 0

    return take_away


def has_landlock():
    """Whether this kernel confines files for us (ABI 2)."""
    create = ctypes.CDLL(None, use_errno=True).syscall
    return create(LANDLOCK.get(os.uname().machine, 444), None, 0, 1) >= 2


def self_test(which, *arguments, **options):
    """Exit status, and attempt → what came of it."""
    ended = subprocess.run([servers.BINARIES[which], "--self-test-sandbox", *arguments], capture_output=True, text=True,
                           timeout=wire.HANG_S, **options)
    lines = re.findall(r"^(refused|NOT REFUSED) +(.{41}) (.+)$", ended.stdout, flags=re.MULTILINE)
    refused = {what.strip(): why for verdict, what, why in lines if verdict == "refused"}
    passed = {what.strip(): why for verdict, what, why in lines if verdict != "refused"}
    assert ended.stdout.endswith(f"\n{len(refused)} of {len(lines)} refused\n"), ended.stdout + ended.stderr
    return ended.returncode, refused, passed


class SelfTestTest(unittest.TestCase):
    def test_every_way_out_is_refused(self):
        if not has_landlock():
            self.skipTest("this kernel has no Landlock")
        for which in BOTH:
            with self.subTest(server=which):
                status, refused, passed = self_test(which)
                self.assertEqual((status, passed), (0, {}))
                self.assertLessEqual(set(EVERYBODYS), set(refused))

    def test_as_another_user_too(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        if not has_landlock():
            self.skipTest("this kernel has no Landlock")
        for which in BOTH:
            self.assertEqual(self_test(which, "--user", OTHER_USER)[::2], (0, {}))

    def test_without_the_sandbox_they_go_through(self):
        """So it is the sandbox that refuses them."""
        for which in BOTH:
            with self.subTest(server=which):
                status, _, passed = self_test(which, "--no-sandbox")
                self.assertEqual(status, 1)
                self.assertEqual({what: passed.get(what) for what in EVERYBODYS}, dict.fromkeys(EVERYBODYS, "it went through"))

    def test_without_landlock_it_says_what_is_not_refused(self):
        status, refused, passed = self_test("smtpd", preexec_fn=without(LANDLOCK))
        self.assertEqual(status, 1)
        self.assertEqual(passed.get("read a file outside"), "it went through")
        self.assertEqual(passed.get("create a file outside"), "it went through")
        self.assertIn("connect by TCP", refused)
        self.assertIn("start a program", refused)

    def test_what_is_forbidden_is_said_by_name(self):
        _, refused, _ = self_test("smtpd")
        for what, call in (("connect a listening socket that was shut", "connect"), ("start a program", "execve"),
                           ("TCP fast open of one by sendto", "sendto"), ("fork", "clone"), ("become root", "setuid")):
            self.assertRegex(refused[what], rf"^ends the process: {call} \(.+\)$")


class RunningCase(servers.ServerCase):
    def threads(self, server):
        """Of each thread of the server what /proc says: name → value."""
        found = []
        for task in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
            lines = (task / "status").read_text().splitlines()
            found.append({name: value.strip() for name, _, value in (line.partition(":") for line in lines)})
        return found

    def deliver_and_fetch(self, smtp, pop3):
        with smtp.connect() as client:
            client.must("HELO localhost", "250")
            self.assertEqual(client.deliver(b"Subject: x\r\n", JOHN), "250 Requested mail action ok, completed")
        with self.logged_in(pop3) as client:
            self.assertEqual(client.message(1), b"Subject: x\r\n")
            client.must("DELE 1", "+OK")
            client.must("QUIT", "+OK")
        self.assertEqual(self.store.of(JOHN), [])

    def bad_start(self, which, *arguments, **options):
        ended = subprocess.run([servers.BINARIES[which], "0", *arguments], cwd=self.site.folder, capture_output=True,
                               text=True, timeout=wire.HANG_S, **options)
        self.assertEqual((ended.returncode, ended.stdout), (BAD_START, ""), ended.stderr)
        self.assertRegex(ended.stderr, r"\Amy(smtpd|popd): [^\n]+ \([^\n]+\)\n\Z")
        return ended.stderr


class RunningServerTest(RunningCase):
    def test_every_thread_is_filtered(self):
        for start in (self.start_smtp, self.start_pop3):
            server = start("--io-threads", "3")
            with server.connect():
                threads = self.threads(server)
                self.assertGreater(len(threads), 5)
                for thread in threads:
                    self.assertEqual((thread["NoNewPrivs"], thread["Seccomp"]), ("1", "2"), thread["Name"])

    def test_it_says_so_in_the_log(self):
        server = self.start_smtp()
        server.connect().close()
        server.terminate()
        self.assertEqual(server.process.wait(wire.HANG_S), 0)
        self.assertRegex(server.stderr(), r" info sandbox calls=filtered landlock=\d+\n")

    def test_no_sandbox_means_none(self):
        server = self.start_smtp("--no-sandbox")
        with server.connect():
            self.assertEqual({thread["Seccomp"] for thread in self.threads(server)}, {"0"})
        server.terminate()
        self.assertEqual(server.process.wait(wire.HANG_S), 0)
        self.assertIn(" warning sandbox-off ", server.stderr())

    def test_without_landlock_it_serves_and_says_so(self):
        smtp = self.start_smtp(preexec_fn=without(LANDLOCK))
        self.deliver_and_fetch(smtp, self.start_pop3(preexec_fn=without(LANDLOCK)))
        smtp.terminate()
        self.assertEqual(smtp.process.wait(wire.HANG_S), 0)
        self.assertIn(" warning files-not-confined ", smtp.stderr())

    def test_without_filters_of_system_calls_it_does_not_serve(self):
        for which in BOTH:
            said = self.bad_start(which, preexec_fn=without(SECCOMP))
            self.assertRegex(said, r": the kernel takes no filter of system calls: Function not implemented .*--no-sandbox")
        self.start_smtp("--no-sandbox", preexec_fn=without(SECCOMP)).connect().close()

    def test_a_users_file_replaced_in_a_linked_folder_is_read(self):
        """The name is a symbolic link, and the file that it leads to is replaced by rename."""
        elsewhere = self.site.folder / "elsewhere"
        elsewhere.mkdir()
        real = elsewhere / "users"
        real.write_text(servers.SAMPLE_USERS)
        self.site.users_file.unlink()
        self.site.users_file.symlink_to(real)
        server = self.start_smtp()
        (elsewhere / "new").write_text("anna@example.com secret\n")
        (elsewhere / "new").rename(real)
        with server.connect() as client:
            client.must("HELO localhost", "250")
            client.must("VRFY anna@example.com", "250")


class UserTest(RunningCase):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        self.account = pwd.getpwnam(OTHER_USER)
        self.site.folder.chmod(0o755)
        self.site.users_file.chmod(0o644)
        self.store.folder.mkdir(mode=0o700)
        shutil.chown(self.store.folder, self.account.pw_uid, self.account.pw_gid)

    def test_roots_rights_are_gone_once_the_ports_are_open(self):
        user, group = (" ".join([str(number)] * 4) for number in (self.account.pw_uid, self.account.pw_gid))
        for start in (self.start_smtp, self.start_pop3):
            server = start("--user", OTHER_USER, "--io-threads", "2")
            with server.connect():
                for thread in self.threads(server):
                    self.assertEqual((thread["Uid"].split(), thread["Gid"].split()), (user.split(), group.split()))
                    self.assertEqual({thread[name] for name in ("CapPrm", "CapEff", "CapAmb")}, {"0" * 16})
                    self.assertNotIn("0", thread["Groups"].split())

    def test_it_can_have_ports_that_only_root_can_open(self):
        for port in range(1023, 600, -1):
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            server = self.start_smtp("--user", OTHER_USER, "--listen", "127.0.0.1", port=port)
            server.connect().close()
            return
        self.fail("no port below 1024 is free")

    def test_mail_comes_and_goes(self):
        arguments = ("--user", OTHER_USER)
        self.deliver_and_fetch(self.start_smtp(*arguments), self.start_pop3(*arguments))
        self.assertEqual((self.store.folder / JOHN).stat().st_uid, self.account.pw_uid)

    def test_what_that_user_may_not_read_is_a_bad_start(self):
        for which in BOTH:
            self.site.users_file.chmod(0o600)
            self.assertIn(f"users.txt: the user {OTHER_USER} may not read it", self.bad_start(which, "--user", OTHER_USER))
            self.site.users_file.chmod(0o644)
            pair = certificates.shared().server
            for name, file in (("key", pair.key), ("cert", pair.certificate)):
                copy = self.site.folder / f"{name}.pem"
                shutil.copy(file, copy)
                copy.chmod(0o600 if name == "key" else 0o644)
            self.assertIn(f"key.pem: the user {OTHER_USER} may not read it",
                          self.bad_start(which, "--user", OTHER_USER, "--tls-cert", "cert.pem", "--tls-key", "key.pem"))

    def test_a_store_of_somebody_elses_is_a_bad_start(self):
        mailbox = self.store.folder / JOHN
        mailbox.mkdir()   # root's
        said = self.bad_start("smtpd", "--user", OTHER_USER)
        self.assertRegex(said, rf"{re.escape(JOHN)}: .* does not belong to {OTHER_USER} \(chown ")
        mailbox.rmdir()
        shutil.chown(self.store.folder, 0, 0)
        self.assertRegex(self.bad_start("pop3d", "--user", OTHER_USER), rf"mail.store: .* does not belong to {OTHER_USER} ")

    def test_users_that_are_none_or_no_help(self):
        self.assertIn("this machine has no such user", self.bad_start("smtpd", "--user", "no-such-user-here"))
        self.assertIn("that is root", self.bad_start("smtpd", "--user", "root"))

    def test_only_root_can(self):
        shutil.chown(self.store.folder, 1, 1)
        become = {"user": 1, "group": 1, "extra_groups": []}
        self.assertIn("only root can", self.bad_start("smtpd", "--user", OTHER_USER, **become))

    def test_root_that_stays_root_is_told_loudly(self):
        shutil.chown(self.store.folder, 0, 0)
        server = self.start_smtp()
        server.connect().close()
        server.terminate()
        server.process.wait(wire.HANG_S)
        self.assertRegex(server.stderr(), r" warning running-as-root reason=.*--user")


class BinariesTest(unittest.TestCase):
    def test_they_call_no_resolver_and_connect_nothing(self):
        """They themselves: libcrypto and libc have such functions, for others. The filter is for those."""
        ways_out = re.compile(r"(connect|getaddrinfo|getnameinfo|gethostby\w*|getservby\w*|__?res_\w+|res_\w+|sendto|sendmsg|"
                              r"sendmmsg|exec\w*|posix_spawn\w*|system|popen|dlopen)(@.*)?")
        for which in BOTH:
            listed = subprocess.run(["nm", "-D", "--undefined-only", servers.BINARIES[which]], capture_output=True, text=True,
                                    check=True).stdout
            imports = [line.split()[-1] for line in listed.splitlines()]
            self.assertIn("listen", [name.partition("@")[0] for name in imports])
            self.assertEqual([name for name in imports if ways_out.fullmatch(name)], [])


class DocumentTest(unittest.TestCase):
    def test_the_self_tests_output_is_as_documented(self):
        page = (ROOT / "docs/security.md").read_text()
        told = re.findall(r"^    refused      (.{41}) (.+)$", page, flags=re.MULTILINE)
        if not has_landlock():
            self.skipTest("this kernel has no Landlock")
        for which in BOTH:
            self.assertEqual({what.strip(): why for what, why in told}, self_test(which)[1])

    def test_the_tables_of_calls_are_the_code_s(self):
        source = (ROOT / "common/sandbox/call_list.cc").read_text()
        words = dict(re.findall(r'constexpr std::string_view (k\w+) =\s+"([^"]+)";', source))
        page = (ROOT / "docs/security.md").read_text()
        for table, heading in (("kAllowed", "Allowed"), ("kForbidden", "Forbidden")):
            rows = re.search(rf"{table} = std::to_array<Call>\(\{{(.*?)\n\}}\);", source, flags=re.DOTALL)[1]
            coded = {name: words.get(why, why.strip('"')) for name, why in
                     re.findall(r'\{"(\w+)",\s+("[^"]+"|k\w+)\}', rows)}
            first_table = page.split(f"#### {heading}\n\n", 1)[1].split("\n\n", 1)[0]
            told = {}
            for calls, why in re.findall(r"^\| (`.+`) \| (.+) \|$", first_table, flags=re.MULTILINE):
                for name in re.findall(r"`(\w+)`", calls):
                    self.assertNotIn(name, told)
                    told[name] = why
            self.assertGreater(len(coded), 50)
            self.maxDiff = None
            self.assertEqual(told, coded)


if __name__ == "__main__":
    unittest.main()
