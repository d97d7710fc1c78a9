#!/usr/bin/env python3
"""idle_tls.py MYSMTPD [CONNECTIONS]: what an idle connection costs the server, in KiB of its RSS: in the clear,
after STARTTLS, and on the TLS port. Needs openssl; works in a temporary folder."""
import pathlib
import resource
import socket
import ssl
import subprocess
import sys
import tempfile

WARM_UP = 20


def connect(mode, ports):
    """A connection that has been answered, and is idle."""
    sock = socket.create_connection(("127.0.0.1", ports[mode == "tls"]))
    if mode == "starttls":
        sock.recv(1000)
        for line in (b"EHLO client.example\r\n", b"STARTTLS\r\n"):
            sock.sendall(line)
            sock.recv(1000)
    if mode != "clear":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        sock = context.wrap_socket(sock)
    if mode != "starttls":
        sock.recv(1000)
    sock.sendall(b"EHLO client.example\r\n")
    sock.recv(1000)
    return sock


def rss_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError("no VmRSS")


def measure(binary, mode, count, folder):
    server = subprocess.Popen(
        [binary, "0", "--listen", "127.0.0.1", "--tls-cert", "cert.pem", "--tls-key", "key.pem",
         "--tls-port", "0", "--log-level", "error"], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        ports = [int(server.stdout.readline().split(":")[1].split()[0]) for _ in range(2)]
        held = [connect(mode, ports) for _ in range(WARM_UP)]
        before = rss_kib(server.pid)
        held += [connect(mode, ports) for _ in range(count)]
        each = (rss_kib(server.pid) - before) / count
        for sock in held:
            sock.close()
        return each
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost"],
                       cwd=folder, check=True, capture_output=True)
        (pathlib.Path(folder) / "users.txt").write_text("john.doe@example.com password123\n")
        for mode in ("clear", "starttls", "tls"):
            print(f"{mode}: {measure(binary, mode, count, folder):.2f} KiB a connection")


if __name__ == "__main__":
    main()
