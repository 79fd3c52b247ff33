"""Certificates, requests and keys made for one test run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.evaluation.rego.builtins.calls import NOW_NS

NOW = datetime.fromtimestamp(NOW_NS // 10**9, UTC)
DAY = timedelta(days=1)


@cache
def a_key(kind: str = "ec", number: int = 0) -> Any:
    """A private key; the same for the same kind and number."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return (
        ed25519.Ed25519PrivateKey.generate()
        if kind == "ed"
        else ec.generate_private_key(ec.SECP256R1())
    )


def key_pem(key: Any, how: PrivateFormat = PrivateFormat.PKCS8) -> str:
    """A private key as PEM."""
    return str(key.private_bytes(Encoding.PEM, how, NoEncryption()).decode())


def name(text: str) -> x509.Name:
    """A name with this common name and an organization."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def a_certificate(
    subject: str,
    issuer: str,
    key: Any,
    signer: Any,
    *extensions: x509.ExtensionType,
    ends: datetime = NOW + DAY,
) -> x509.Certificate:
    """A certificate for the key, signed by ``signer``."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(4242)
        .not_valid_before(NOW - DAY)
        .not_valid_after(ends)
    )
    for extension in extensions:
        builder = builder.add_extension(
            extension, critical=isinstance(extension, x509.BasicConstraints)
        )
    return builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else SHA256())


def pem(*certificates: x509.Certificate) -> str:
    """Certificates as one PEM text."""
    return "".join(found.public_bytes(Encoding.PEM).decode() for found in certificates)


def authority(*, length: int | None = None, ca: bool = True) -> x509.BasicConstraints:
    """What makes a certificate one of an authority."""
    return x509.BasicConstraints(ca=ca, path_length=length)


def hosts(*names: str) -> x509.SubjectAlternativeName:
    """Alternative names that are hosts."""
    return x509.SubjectAlternativeName([x509.DNSName(found) for found in names])
