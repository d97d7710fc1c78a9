# Sourced by run.sh, test.sh and .ci/run; bash.
#
#   need_packages KIND…    installs what is missing of these kinds in cmake/packages.txt
#
# Says first what it installs and why. Needs neither network nor root when nothing is missing, else
# both: apt-get, by sudo unless we are root. 1, and a sentence on standard error, when it cannot.
#
# Postfix, wanted for one of its tools, is installed without a configuration, so that it never starts;
# and not at all where it would push out another mail server: the tests that need it are then skipped.

# Whether another mail server than Postfix is installed.
other_mail_server() {
    dpkg-query -W -f '${db:Status-Status} ${Package}: ${Provides}\n' 2>/dev/null |
        grep '^installed .*\bmail-transport-agent\b' | grep -v ' postfix: ' >/dev/null   # no -q: pipefail
}

need_packages() {
    local list kind name reason missing=() reasons=() as_root=() unconfigured=""
    list="$(dirname "${BASH_SOURCE[0]}")/packages.txt"
    if ! command -v dpkg-query >/dev/null; then
        echo "No Debian here: nothing is installed. $list names what is needed." >&2
        return 0
    fi
    while read -r kind name reason; do
        [[ " $* " == *" $kind "* ]] || continue
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -x installed >/dev/null && continue
        if [[ "$name" == postfix ]]; then
            other_mail_server && continue
            unconfigured="postfix postfix/main_mailer_type select No configuration"
        fi
        missing+=("$name")
        reasons+=("$(printf '  %-20s %s' "$name" "$reason")")
    done <"$list"
    ((${#missing[@]})) || return 0

    echo "Debian packages to install:"
    printf '%s\n' "${reasons[@]}"
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "That takes root, and there is no sudo. As root: apt-get install ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
    if ! "${apt[@]}" update; then
        echo "apt-get update failed, so these could not be installed: ${missing[*]}" >&2
        return 1
    fi
    if [[ -n "$unconfigured" ]] && ! "${as_root[@]}" debconf-set-selections <<<"$unconfigured"; then
        echo "Postfix would be configured and started, so it and these were not installed: ${missing[*]}" >&2
        return 1
    fi
    if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; then
        echo "apt-get install failed for: ${missing[*]}" >&2
        return 1
    fi
}
