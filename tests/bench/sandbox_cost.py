#!/usr/bin/env python3
"""sandbox_cost.py MAILBENCH MYSMTPD MYPOPD [--rounds N] [--folder DIR]: what the sandbox costs, by paired runs: in each round the
same load with the sandbox and without it (--no-sandbox), in turns first. Prints for each load the medians, and the median
and the range of the rounds' ratios (with / without; 1 is no difference). Works in a temporary folder below DIR: on a memory
file system (/dev/shm) the disk hides nothing."""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

USERS = 100
# Name → server, mailbench's arguments. A fixed number of units, so that both runs do the same.
LOADS = {
    "SMTP, 1 session": ("smtpd", ("smtp", "--sessions", "1", "--count", "4000")),
    "SMTP, 10 sessions": ("smtpd", ("smtp", "--sessions", "10", "--count", "10000")),
    "SMTP, 100 sessions": ("smtpd", ("smtp", "--sessions", "100", "--count", "10000")),
    "POP3 logins, 10 sessions": ("pop3d", ("pop3", "--work", "login", "--sessions", "10", "--count", "5000")),
}


def run(mailbench, server, arguments, load, folder):
    """What mailbench measured, on a fresh store."""
    with tempfile.TemporaryDirectory(dir=folder) as site:
        users = pathlib.Path(site) / "users.txt"
        users.write_text("".join(f"user{n}@example.com password{n}\n" for n in range(USERS)))
        process = subprocess.Popen([server, "0", "--listen", "127.0.0.1", "--log-level", "error", *arguments], cwd=site,
                                   stdout=subprocess.PIPE, text=True)
        try:
            port = process.stdout.readline().rsplit(":", 1)[1].strip()
            ended = subprocess.run([mailbench, *load, "--port", port, "--users", str(users), "--server-pid", str(process.pid)],
                                   capture_output=True, text=True)
            if ended.returncode != 0:
                raise SystemExit(f"mailbench failed: {ended.stdout}{ended.stderr}")
            return json.loads(ended.stdout)
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


def compared(runs, unit, figure):
    """With and without, in words."""
    with_it, without = ([figure(measured) for measured in runs[sandboxed]] for sandboxed in (True, False))
    ratios = [a / b for a, b in zip(with_it, without)]
    return (f"{statistics.median(with_it):.0f}{unit} with, {statistics.median(without):.0f}{unit} without, "
            f"ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mailbench", type=pathlib.Path)
    parser.add_argument("mysmtpd", type=pathlib.Path)
    parser.add_argument("mypopd", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", default="/dev/shm")
    options = parser.parse_args()
    binaries = {"smtpd": options.mysmtpd.resolve(), "pop3d": options.mypopd.resolve()}
    for name, (which, load) in LOADS.items():
        runs = {True: [], False: []}
        for number in range(options.rounds):
            for sandboxed in (True, False) if number % 2 else (False, True):
                runs[sandboxed].append(run(options.mailbench.resolve(), binaries[which], () if sandboxed else ("--no-sandbox",),
                                           load, options.folder))
        print(f"{name}: {compared(runs, '/s', lambda measured: measured['per_s'])}; "
              f"{compared(runs, ' µs CPU', lambda measured: measured['server']['cpu_us_each'])}", flush=True)


if __name__ == "__main__":
    main()
