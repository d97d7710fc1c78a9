#!/bin/bash
# Compares our servers with Postfix and Dovecot: see --help. The work is done by compare/compare.py.
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
# shellcheck source=cmake/install_packages.sh
source cmake/install_packages.sh

ours_only=false
for argument in "$@"; do
    case "$argument" in
        --help | -h)
            if [[ ! -x /usr/bin/python3 ]]; then
                echo "Compares our servers with Postfix and Dovecot. Python says more: apt-get install python3"
                exit 0
            fi
            exec /usr/bin/python3 -B tests/bench/compare/compare.py --help
            ;;
        --ours-only) ours_only=true ;;
    esac
done
if ((EUID != 0)); then
    echo "compare.sh mounts a disk of its own: that takes root." >&2
    exit 1
fi

# Debian's packages start their servers at once. Nobody asked for these: while they are installed,
# nothing is started, and they are not started at the next boot either.
peers=(postfix dovecot-pop3d)
install_peers() {
    local policy=/usr/sbin/policy-rc.d made=false status=0 peer new=()
    for peer in "${peers[@]}"; do
        [[ "$(dpkg-query -W -f '${db:Status-Status}' "$peer" 2>/dev/null)" == installed ]] || new+=("${peer%-pop3d}")
    done
    ((${#new[@]})) || return 0
    if [[ ! -e "$policy" ]]; then
        made=true
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    need_packages peers || status=$?
    if "$made"; then
        rm "$policy"
        trap - EXIT
    fi
    if command -v systemctl >/dev/null; then
        systemctl disable "${new[@]}" >/dev/null 2>&1 || true   # nothing to disable where it failed
    fi
    return "$status"
}

need_packages build bench tls
"$ours_only" || install_peers
cmake --preset bench >/dev/null
cmake --build --preset bench
exec /usr/bin/python3 -B tests/bench/compare/compare.py "$@"
