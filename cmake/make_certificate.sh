# Sourced by run.sh; bash. Needs the command openssl.
#
#   make_certificate FOLDER NAME…    sees to it that FOLDER has a certificate for these host names and
#                                    IP addresses, the first one its subject, signed by a CA of its own
#
# FOLDER then holds ca.pem, for clients to trust; ca.key; server.pem and server.key, for the servers.
# The keys are readable for their owner alone. What is there already is kept: the CA until it has less
# than 400 days left (it is made for ten years), the certificate until it has less than 30 left (it is
# made for one), the names are others, or the CA is. Says on standard output what it makes.
#
# The CA is another certificate than the server's: Thunderbird takes none from a server that is a CA.

CA_DAYS=3650
SERVER_DAYS=365   # more than 397 or so is refused by some clients

# The key and the certificate are replaced each in one step, the key first: a server that looks at them
# in between sees two that do not fit, and keeps those that it has.
sign() {   # BASE DAYS OPTION… <CONFIGURATION
    local base="$1" days="$2" said
    shift 2
    if ! said="$(openssl req -x509 -config /dev/stdin -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -sha256 \
            -days "$days" -keyout "$base.key.new" -out "$base.pem.new" "$@" 2>&1)"; then
        echo "openssl could not make $base.pem: $said" >&2
        return 1
    fi
    chmod 600 "$base.key.new" && chmod 644 "$base.pem.new" &&
        mv "$base.key.new" "$base.key" && mv "$base.pem.new" "$base.pem"
}

is_valid_for() {   # DAYS CERTIFICATE
    [[ -s "${2%.pem}.key" ]] && openssl x509 -in "$2" -noout -checkend $(($1 * 86400)) >/dev/null 2>&1
}

make_certificate() {
    local folder="$1" name names="" ca="$1/ca" server="$1/server"
    shift
    for name in "$@"; do
        case "$name" in
            *:* | [0-9]*.[0-9]*.[0-9]*.[0-9]*) name="IP:${name%%%*}" ;;   # without %eth0
            *) name="DNS:$name" ;;
        esac
        [[ ",$names," == *",$name,"* ]] || names="${names:+$names,}$name"
    done
    mkdir -p "$folder" || return

    if ! is_valid_for 400 "$ca.pem"; then
        sign "$ca" "$CA_DAYS" <<END || return
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
O = $1
CN = mymail local CA
[extensions]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
END
        echo "made a CA of your own: $ca.pem (import it again where an older one was)"
    fi

    if is_valid_for 30 "$server.pem" && [[ "$(cat "$folder/names" 2>/dev/null)" == "$names" ]] &&
        openssl verify -CAfile "$ca.pem" "$server.pem" >/dev/null 2>&1; then
        return
    fi
    sign "$server" "$SERVER_DAYS" -CA "$ca.pem" -CAkey "$ca.key" <<END || return
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = $1
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = $names
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
    echo "$names" >"$folder/names"
    echo "made a certificate: $server.pem ($names)"
}
