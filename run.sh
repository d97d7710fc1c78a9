#!/bin/bash
# Builds both servers and runs them side by side: see --help.
set -euo pipefail

usage() {
    cat <<'END'
Usage: ./run.sh [--tls] [--build-only]

Installs what is missing, builds a release into build/release, and runs mysmtpd and mypopd side by
side, with users.txt and mail.store of this project, until Ctrl-C or SIGTERM. A second Ctrl-C ends
both at once.

  --tls          with TLS: makes a CA of your own and a certificate for this machine when there are none,
                 offers STARTTLS and STLS, and listens on two more ports, where connections begin with
                 TLS; says which file a client has to trust
  --build-only   stop after the build
  --help         say this

Environment:
  SMTP_PORT      mysmtpd's port, by default 2525
  POP3_PORT      mypopd's port, by default 1110
  SMTP_TLS_PORT  with --tls: mysmtpd's port for TLS from the start, by default 2465
  POP3_TLS_PORT  with --tls: mypopd's, by default 2995
  TLS_DIR        with --tls: where CA, certificate and keys are kept, by default .tls
  LISTEN         the IP addresses to listen on, separated by blanks; by default 127.0.0.1 and ::1.
                 Without --tls mail and passwords travel in the clear: mind who can listen.

Exit status: 0 after Ctrl-C or SIGTERM; when a server ends by itself, the other is ended too and the
status is that server's (1 if that was 0).
END
}

build_only=false
tls=false
for argument in "$@"; do
    case "$argument" in
        --build-only) build_only=true ;;
        --tls) tls=true ;;
        --help | -h) usage; exit 0 ;;
        *) echo "run.sh: unknown argument: $argument" >&2; usage >&2; exit 2 ;;
    esac
done

project="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
tls_dir="$(realpath -m -- "${TLS_DIR:-$project/.tls}")"
cd "$project"
# shellcheck source=cmake/install_packages.sh
source cmake/install_packages.sh
# shellcheck source=cmake/make_certificate.sh
source cmake/make_certificate.sh

kinds=(build)
"$tls" && kinds+=(tls)
need_packages "${kinds[@]}"
cmake --preset release >/dev/null
cmake --build --preset release
"$build_only" && exit 0

smtp_port="${SMTP_PORT:-2525}"
pop3_port="${POP3_PORT:-1110}"
read -ra addresses <<<"${LISTEN:-}"
listen=()
for address in "${addresses[@]}"; do listen+=(--listen "$address"); done

# What a client on this machine, or on another, calls us.
host="${addresses[0]:-127.0.0.1}"
[[ "$host" == 0.0.0.0 || "$host" == :: ]] && host="$(uname -n)"
url_host="$host"
[[ "$host" == *:* ]] && url_host="[$host]"
user="$(sed -n '/^[^#[:space:]]/{s/[[:space:]].*//p;q}' users.txt)"

if "$tls"; then
    # The machine's own addresses as the kernel has them; nothing is looked up.
    read -ra own <<<"$(hostname -I 2>/dev/null || true)"
    named=()
    for address in "${addresses[@]}"; do
        [[ "$address" == 0.0.0.0 || "$address" == :: ]] || named+=("$address")
    done
    make_certificate "$tls_dir" "$(uname -n)" localhost 127.0.0.1 ::1 "${named[@]}" "${own[@]}"
    smtp_tls_port="${SMTP_TLS_PORT:-2465}"
    pop3_tls_port="${POP3_TLS_PORT:-2995}"
    tls_options=(--tls-cert "$tls_dir/server.pem" --tls-key "$tls_dir/server.key" --tls-port)
fi

say_how_in_the_clear() {
    cat <<END

In Thunderbird, a new account for one of the users of users.txt, set up by hand:
  Incoming   POP3   hostname $host   port $pop3_port   connection security: none
                    authentication: normal password (transmitted insecurely)
                    username $user
  Outgoing   SMTP   hostname $host   port $smtp_port   connection security: none
                    authentication: none

Or by curl, the password being the one in users.txt:
  curl --crlf smtp://$url_host:$smtp_port --mail-from me@localhost --mail-rcpt $user -T README.md
  curl -u $user pop3://$url_host:$pop3_port/

Ctrl-C ends both.

END
}

say_how_with_tls() {
    cat <<END

Clients have to trust the CA that signed the servers' certificate: $tls_dir/ca.pem
  Thunderbird   Settings, Privacy & Security, Certificates, Manage Certificates, Authorities, Import;
                tick "Trust this CA to identify websites"
  curl          --cacert $tls_dir/ca.pem
  this machine  sudo cp $tls_dir/ca.pem /usr/local/share/ca-certificates/mymail.crt
                sudo update-ca-certificates
Whoever has $tls_dir/ca.key can pretend to be any server to them: give it to nobody.

In Thunderbird, a new account for one of the users of users.txt, set up by hand:
  Incoming   POP3   hostname $host   port $pop3_tls_port   connection security: SSL/TLS
                    authentication: normal password   username $user
  Outgoing   SMTP   hostname $host   port $smtp_tls_port   connection security: SSL/TLS
                    authentication: normal password   username $user
With connection security STARTTLS the ports are $pop3_port and $smtp_port.

Or by curl, the password being the one in users.txt:
  curl --cacert $tls_dir/ca.pem --crlf smtps://$url_host:$smtp_tls_port --mail-from me@localhost --mail-rcpt $user -T README.md
  curl --cacert $tls_dir/ca.pem -u $user pop3s://$url_host:$pop3_tls_port/
  curl --cacert $tls_dir/ca.pem --ssl-reqd -u $user pop3://$url_host:$pop3_port/

Ctrl-C ends both.

END
}

if "$tls"; then say_how_with_tls; else say_how_in_the_clear; fi

# Each server is a process group of its own: Ctrl-C reaches only this script, which passes one signal
# on to each, so that both end in order whichever way we are ended.
declare -A running=()   # process id → name
stopping=false

signal_all() {
    local process
    for process in "${!running[@]}"; do
        kill "-$1" "$process" 2>/dev/null || true   # it may have ended just now
    done
}

end_all() {
    if "$stopping"; then
        signal_all KILL
        exit 130
    fi
    stopping=true
    signal_all TERM
}

start() {   # PROGRAM PORT OPTION…
    "$stopping" && return 0
    setsid "$@" --users users.txt --store mail.store "${listen[@]}" </dev/null &
    running[$!]="${1##*/}"
    # The signal may have come while the process was being started.
    if "$stopping"; then kill -TERM $! 2>/dev/null || true; fi
}

trap end_all INT TERM HUP
start build/release/smtpd/mysmtpd "$smtp_port" ${tls_options[@]:+"${tls_options[@]}" "$smtp_tls_port"}
start build/release/pop3d/mypopd "$pop3_port" ${tls_options[@]:+"${tls_options[@]}" "$pop3_tls_port"}

status=0
while ((${#running[@]})); do
    ended=
    code=0
    wait -n -p ended "${!running[@]}" || code=$?
    [[ -n "${ended:-}" ]] || continue   # a signal, not an end
    name="${running[$ended]}"
    unset "running[$ended]"
    if ! "$stopping"; then
        echo "run.sh: $name ended by itself with status $code" >&2
        ((status = code ? code : 1))
        end_all
    elif ((code != 0)); then
        echo "run.sh: $name ended with status $code" >&2
        ((status)) || status=$code
    fi
done
exit "$status"
