#!/bin/bash
# Fuzzes the targets of this folder: see --help.
set -euo pipefail

usage() {
    cat <<'END'
Usage: tests/fuzz/run.sh [--minutes N | --seconds N] [TARGET…]

Builds the fuzz preset (clang, libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer), makes the seeds
out of the transcripts, and runs each target, one after the other, on one core: all of them when none is
named. The grown corpus stays in build/fuzz/corpus/TARGET and is gone on from; what is found is kept in
build/fuzz/found/TARGET and tried first the next time; what libFuzzer says is in build/fuzz/TARGET.log.
Exit status: 0, nothing was found; 1, something was; 2, it could not run.

  --minutes N  how long each target runs, by the clock; 1 by default
  --seconds N  the same in seconds
  --list       names the targets
  --help       says this
END
}

readonly TARGETS=(smtp_session pop3_session line_reader dots top paths users)
# The longest input of each, in octets. Sessions reach their own limits by repetition (settings_octets.h).
declare -rA LONGEST=([smtp_session]=4096 [pop3_session]=4096 [line_reader]=4096 [dots]=4096 [top]=4096
                     [paths]=700 [users]=4096)

refuse() {
    echo "run.sh: $*" >&2
    exit 2
}

seconds=60
chosen=()
while (($#)); do
    case "$1" in
        --help | -h) usage; exit 0 ;;
        --list) printf '%s\n' "${TARGETS[@]}"; exit 0 ;;
        --minutes | --seconds)
            [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || refuse "$1 takes a number"
            if [[ "$1" == --minutes ]]; then seconds=$((60 * $2)); else seconds=$2; fi
            shift ;;
        -*) usage >&2; refuse "unknown option: $1" ;;
        *)
            [[ " ${TARGETS[*]} " == *" $1 "* ]] || refuse "no such target: $1 (there are: ${TARGETS[*]})"
            chosen+=("$1") ;;
    esac
    shift
done
((${#chosen[@]})) || chosen=("${TARGETS[@]}")

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
# shellcheck source=cmake/install_packages.sh
source cmake/install_packages.sh
need_packages build test tools || refuse "the packages could not be installed"
cmake --preset fuzz >/dev/null || refuse "the build could not be set up"
cmake --build --preset fuzz --target fuzzers || refuse "it does not build"

statistic() { sed -n "s/^stat::$2: *//p" "$1"; }
# The last that libFuzzer said of what is covered, by its name there.
last_said() { sed -n "s/^#.* $2: \([0-9]*\) .*/\1/p" "$1" | tail -n 1; }

# One target: prints a line of the table. False: it found something.
fuzz() {
    local target="$1" corpus="build/fuzz/corpus/$1" found="build/fuzz/found/$1" log="build/fuzz/$1.log"
    local new findings status=0
    mkdir -p "$corpus" "$found"
    local inputs=("$corpus" "$found" "build/fuzz/tests/fuzz/seeds/$target")
    [[ -d "tests/fuzz/found/$target" ]] && inputs+=("tests/fuzz/found/$target")
    touch "$log.begun"
    # AddressSanitizer keeps what was freed: little of it, so that the limit on memory means something.
    # malloc_limit_mb: the most in one piece. An input takes milliseconds; what takes five minutes hangs, on
    # however busy a machine.
    ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}malloc_context_size=8:quarantine_size_mb=32" \
        "build/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len="${LONGEST[$target]}" \
        -timeout=300 -report_slow_units=300 -rss_limit_mb=512 -malloc_limit_mb=16 -dict="tests/fuzz/$target.dict" \
        -artifact_prefix="$found/" -print_final_stats=1 "${inputs[@]}" >"$log" 2>&1 || status=$?
    new="$(find "$found" -type f -newer "$log.begun")"
    findings="$(grep -c . <<<"$new" || true)"
    ((status == 0 || findings > 0)) || findings="status $status"
    printf '%-14s %10s %8s %8s %8s %9s   %s\n' "$target" "$(statistic "$log" number_of_executed_units)" \
        "$(statistic "$log" average_exec_per_sec)" "$(last_said "$log" cov)" "$(last_said "$log" ft)" \
        "$(statistic "$log" peak_rss_mb)" "$findings"
    ((status == 0)) && return
    grep -E ' false: |ERROR:|runtime error:|^SUMMARY' "$log" | sed 's/^/    /' || true
    [[ -z "$new" ]] || sed 's/^/    kept: /' <<<"$new"
    return 1
}

echo
printf '%-14s %10s %8s %8s %8s %9s   %s\n' target executions per-s edges features "peak MiB" findings
failed=()
for target in "${chosen[@]}"; do
    fuzz "$target" || failed+=("$target")
done
echo
if ((${#failed[@]})); then
    echo "FAILED: ${failed[*]}"
    exit 1
fi
echo "PASSED: nothing was found in $seconds seconds a target"
