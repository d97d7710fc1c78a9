"""The certificate that both sides have: made as run.sh --tls makes it, with a P-256 key."""
import dataclasses
import pathlib
import subprocess

MAKE = pathlib.Path(__file__).resolve().parent.parent.parent.parent / "cmake/make_certificate.sh"


@dataclasses.dataclass(frozen=True)
class Certificate:
    chain: pathlib.Path
    key: pathlib.Path

    @staticmethod
    def made_in(folder):
        subprocess.run(["bash", "-c", '. "$1"; make_certificate "$2" localhost 127.0.0.1', "bash", str(MAKE),
                        str(folder)], check=True, stdout=subprocess.DEVNULL)
        return Certificate(folder / "server.pem", folder / "server.key")
