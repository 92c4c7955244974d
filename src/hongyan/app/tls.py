"""Certificates of a server: read with one clear sentence about what is wrong, renewed without a restart, and trusted by our own commands."""

import ssl
import stat
from pathlib import Path

_END = "-----END CERTIFICATE-----"


class BadCertificate(Exception):
    """A certificate or key that cannot be used; the message names the file and says why."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What to listen with. Raises `BadCertificate`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    renew(context, certificate, key)
    return context


def renew(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Use these files for connections from now on; when they are wrong, `BadCertificate` is raised and nothing has changed."""
    for path, what in ((certificate, "certificate"), (key, "key")):
        _check_readable(path, what)
    _check_private(key)
    _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key)
    _load(context, certificate, key)


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        # Asked for a passphrase, OpenSSL would wait for someone at the terminal.
        context.load_cert_chain(certificate, key, password=_no_passphrase)
    except BadCertificate:
        raise BadCertificate(f"{key}: the key has a passphrase; a server needs one without") from None
    except ssl.SSLError as error:
        raise BadCertificate(_explain(error, certificate, key)) from None


def _no_passphrase() -> str:
    raise BadCertificate


def _explain(error: ssl.SSLError, certificate: Path, key: Path) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{key}: this key does not belong to the certificate {certificate}"
    if b"-----BEGIN CERTIFICATE-----" not in certificate.read_bytes():
        return f"{certificate}: no certificate in PEM form"
    if b"PRIVATE KEY-----" not in key.read_bytes():
        return f"{key}: no private key in PEM form"
    return f"{certificate} with {key}: {error.reason or error}"


def _check_readable(path: Path, what: str) -> None:
    try:
        with open(path, "rb"):
            return
    except OSError as error:
        raise BadCertificate(f"{path}: the {what} cannot be read: {error.strerror}") from None


def _check_private(key: Path) -> None:
    """A group that may read it is how systems hand keys to services; the world never should, and no one else should write."""
    mode = stat.S_IMODE(key.stat().st_mode)
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise BadCertificate(f"{key}: mode {mode:04o} lets others use the key; chmod 600 {key}")


def context_for(certificate: str) -> ssl.SSLContext:
    """How a client here checks a server: against the very certificate that the server's folder names, or, without one, as usual."""
    if not certificate:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # It is this file that is trusted, whichever name stands in it and whoever signed it.
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        # The first is the server's own; whoever signed it signs for others too.
        first, end, _ = Path(certificate).read_text("ascii").partition(_END)
        context.load_verify_locations(cadata=first + end)
    except (OSError, ValueError) as error:
        raise BadCertificate(f"{certificate}: {error}") from None
    return context
