#!/usr/bin/env python3
"""kill -9 under load: nothing that was acknowledged is lost, nothing is torn.

    kill.py [--rounds N] [--seed S]      10 rounds by default; 1,000 take some minutes

Each round: mysmtpd and mypopd on the store that the last round left, now and then on a new one; six
senders, and three readers that delete; kill -9 of one of them or of both at a random moment: at an
acknowledgement, between a message's last octet and its 250, in the middle of a QUIT that deletes. Then
every mailbox is read by mypopd and as files, and compared with what was promised (ledger.py). The seed
fixes what is sent and which moment is waited for, not how the threads run. The servers are those that
MYSMTPD and MYPOPD name, by default build/asan's.

Exit status 0: all promises held; 1: one did not.
"""
import argparse
import itertools
import sys

import rounds
import load

ROUNDS_A_STORE = 20   # the most
VICTIMS = (("smtpd",), ("pop3d",), ("smtpd", "pop3d"))


def one_round(run, number, victims, kind):
    servers = {which: run.start(which) for which in ("smtpd", "pop3d")}

    def strike():
        for which in victims:
            servers[which].process.kill()

    when = run.under_load([servers["smtpd"]], [servers["pop3d"]], kind, strike)
    faults = []
    for which, server in servers.items():
        if which in victims:
            run.kill(server)
        else:
            faults.append(run.site.end(server))
    run.ledger.faults += [fault for fault in faults if fault]
    run.settle()
    counts = run.ledger.counts
    print(f"round {number}: {' and '.join(victims)} killed, {when}: on this store {counts['acknowledged']} acknowledged, "
          f"{counts['removed']} removed, {len(run.ledger.faults)} faults", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()

    report = rounds.Report()
    # Every victim in every kind of moment, in an order that makes short runs varied.
    cases = itertools.cycle((victims, kind) for kind in load.Moment.KINDS[::-1] for victims in VICTIMS)
    number = 0
    while number < options.rounds:
        run = rounds.Rounds(None, f"{options.seed} {number}")
        try:
            for number in range(number + 1, min(number + run.chance.randint(1, ROUNDS_A_STORE), options.rounds) + 1):
                one_round(run, number, *next(cases))
        finally:
            report.add(run)
    report.say()
    print(f"{'FAILED' if report.faults else 'PASSED'}: kill -9, {options.rounds} rounds")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
