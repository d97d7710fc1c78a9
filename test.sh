#!/bin/bash
# Builds everything and runs the tests: see --help.
set -euo pipefail

usage() {
    cat <<'END'
Usage: ./test.sh [NAME]

Installs what is missing, builds with AddressSanitizer and UndefinedBehaviorSanitizer into build/asan
(and the release, to test run.sh), and runs all tests but those labelled tidy, fuzz, thunderbird and differential. The last line is the
verdict, and so is the exit status.

  NAME     run only the transcripts (tests/transcripts) whose name begins so, on the sessions and
           over sockets: ./test.sh smtp/data
  --help   say this
END
}

case "${1:-}" in
    --help | -h) usage; exit 0 ;;
    -*) echo "test.sh: unknown option: $1" >&2; usage >&2; exit 2 ;;
esac
if (($# > 1)); then usage >&2; exit 2; fi

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# shellcheck source=cmake/install_packages.sh
source cmake/install_packages.sh

fail() {
    echo "FAILED: $*"
    exit 1
}

need_packages build test || fail "the packages could not be installed"
cmake --preset asan >/dev/null || fail "the build could not be set up"
cmake --build --preset asan || fail "it does not build"
# For the test of run.sh: there it would be built as well, unseen.
(($#)) || ./run.sh --build-only || fail "the release does not build"

exec /usr/bin/python3 tests/run_tests.py build/asan "$@"
