"""What the command trusts: the machine's own roots and, added to them, the authority of this run."""

import re
import ssl
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore

# Where systems keep their roots as one file: Debian, Fedora, SUSE, Alpine and macOS.
_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_GIVEN = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")
STORE_PASSWORD = "changeit"  # Java's own default; the store holds nothing secret


def known_roots(environ: Mapping[str, str]) -> list[bytes]:
    """Every root, as PEM, that a program started here may trust: the system's, those of the usual Python bundle, and those that variables name."""
    default = ssl.get_default_verify_paths().cafile
    system = next((path for path in (default, *_SYSTEM_FILES) if path and Path(path).is_file()), None)
    named = [environ[name] for name in _GIVEN if environ.get(name)]
    return _blocks(Path(path) for path in (system, certifi.where(), *named) if path)


def _blocks(paths: Iterable[Path]) -> list[bytes]:
    found: dict[bytes, bytes] = {}
    for path in paths:
        if path.is_file():
            found |= {b"".join(block.split()): block for block in _BLOCK.findall(path.read_bytes())}
    return list(found.values())


def bundle(roots: Iterable[bytes], authority: bytes) -> bytes:
    """One PEM file of all of them."""
    return b"\n".join((*roots, authority))


def java_store(roots: Iterable[bytes], authority: bytes) -> bytes:
    """The same as a PKCS12 trust store; roots that cannot be read are left out."""
    # The oldest roots have serial numbers and encodings that are not quite allowed.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        certificates = [found for root in (authority, *roots) if (found := _load(root)) is not None]
        entries = [PKCS12Certificate(one, f"root{index}".encode()) for index, one in enumerate(certificates)]
        return serialize_java_truststore(entries, BestAvailableEncryption(STORE_PASSWORD.encode()))


def _load(pem: bytes) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        return None
