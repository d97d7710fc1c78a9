"""Certificates for the servers under test, made by openssl: once a run what every test may share, or what a
test asks for in its own folder. They are of use for one day."""
import atexit
import functools
import pathlib
import shutil
import ssl
import subprocess
import tempfile

FOR_US = "DNS:localhost,IP:127.0.0.1,IP:::1"
EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("rsa:2048",)


class Pair:
    """A certificate and its key, as files."""

    def __init__(self, folder, name):
        self.certificate = pathlib.Path(folder) / f"{name}.pem"
        self.key = pathlib.Path(folder) / f"{name}.key"

    def arguments(self):
        """What turns TLS on."""
        return ("--tls-cert", str(self.certificate), "--tls-key", str(self.key))


def _made(pair, subject, *arguments, algorithm=EC):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-days", "1", "-subj", f"/CN={subject}",
         "-out", str(pair.certificate), "-keyout", str(pair.key), *arguments],
        check=True, capture_output=True)
    return pair


def authority(folder):
    """Makes a CA."""
    return _made(Pair(folder, "ca"), "mymail tests", "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")


def server(folder, signer, name="server", algorithm=EC):
    """Makes a server's, signed by a CA."""
    return _made(Pair(folder, name), "localhost", "-CA", str(signer.certificate), "-CAkey", str(signer.key),
                 "-addext", "basicConstraints=critical,CA:FALSE", "-addext", f"subjectAltName={FOR_US}",
                 "-addext", "extendedKeyUsage=serverAuth", algorithm=algorithm)


class Shared:
    """The run's CA and server."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mymail-certificates-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)   # clients that are somebody else read the CA
        self.authority = authority(self.folder)
        self.server = server(self.folder, self.authority)

    def client_context(self):
        """What a client makes its connections with: it trusts this CA alone, and checks names."""
        context = ssl.create_default_context(cafile=self.authority.certificate)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


@functools.cache
def shared():
    return Shared()
