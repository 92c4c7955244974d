"""A certificate authority for one run: it vouches for DingTalk's hosts and for nothing else, and its key is gone once it has signed."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hongyan.model.ids import EpochMs

HOSTS = ("oapi.dingtalk.com", "api.dingtalk.com", "oapi.dingtalk.io", "api.dingtalk.io", "eco.taobao.com")
_BEFORE = timedelta(days=1)  # clocks that are behind ours
_AFTER = timedelta(days=365)  # a service may run for long; a year is what every client still takes


class Issued(msgspec.Struct, frozen=True):
    """What a run needs: whom to trust, and a server certificate with its key, all as PEM."""

    authority: bytes
    chain: bytes
    key: bytes


def issue(hosts: Collection[str], now: EpochMs) -> Issued:
    """A new authority and its one certificate, for exactly these hosts."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    signing, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _authority(hosts, signing, at)
    leaf = _leaf(hosts, own.public_key(), authority, signing, at)
    chain = leaf.public_bytes(serialization.Encoding.PEM)
    key = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Issued(authority.public_bytes(serialization.Encoding.PEM), chain, key)


def _authority(hosts: Collection[str], key: ec.EllipticCurvePrivateKey, at: datetime) -> x509.Certificate:
    name = _name("Hongyan intercept, this run only")
    builder = _begin(name, name, key.public_key(), at)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    # Whoever steals the authority cannot make certificates for anything else.
    permitted = [x509.DNSName(host) for host in hosts]
    builder = builder.add_extension(x509.NameConstraints(permitted, None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.sign(key, hashes.SHA256())


def _leaf(
    hosts: Collection[str], key: ec.EllipticCurvePublicKey, authority: x509.Certificate, signing: ec.EllipticCurvePrivateKey, at: datetime
) -> x509.Certificate:
    builder = _begin(_name(next(iter(hosts))), authority.subject, key, at)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    return builder.sign(signing, hashes.SHA256())


def _begin(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(at - _BEFORE).not_valid_after(at + _AFTER)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
