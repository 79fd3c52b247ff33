"""Certificates for ``serve --tls``: an authority of the portal's own, and a certificate by it.

They are made on first start and kept in the data folder.  Clients are given the authority's
certificate (``kubeconfig``, ``webhook-config``): a new server certificate changes nothing there.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_FOLDER = "tls"
_AUTHORITY = "Policy Portal local authority"
_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 365
CLIENT_DAYS = 365
_RENEWED_DAYS_BEFORE = 30
_ALWAYS = ("localhost", "127.0.0.1", "::1")

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files of one data folder."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate, which clients trust."""
        return self.folder / "ca.crt"

    @property
    def authority_key(self) -> Path:
        """The authority's key, which never leaves the folder."""
        return self.folder / "ca.key"

    @property
    def server(self) -> Path:
        """The server's certificate."""
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        """The server's key."""
        return self.folder / "server.key"


def files(data: Path) -> Certificates:
    """Where the certificates of a data folder are, whether or not they have been made."""
    return Certificates(data / _FOLDER)


def ensure(data: Path, names: Iterable[str] = ()) -> Certificates:
    """The certificates for a server that is reached by ``names``, made where they are missing.

    A server certificate that lacks a name or ends soon is made anew, by the same authority.
    """
    found = files(data)
    found.folder.mkdir(parents=True, exist_ok=True)
    found.folder.chmod(0o700)
    wanted = {*_ALWAYS, *names}
    if not found.authority.exists():
        _write_pair(found.authority_key, found.authority, *_new_authority())
    if not _is_good(found, wanted):
        alternatives = x509.SubjectAlternativeName([_alternative(one) for one in sorted(wanted)])
        purpose = ExtendedKeyUsageOID.SERVER_AUTH
        pair = _signed(found, "Policy Portal", purpose, _SERVER_DAYS, alternatives)
        _write_pair(found.server_key, found.server, *pair)
    return found


def client_pair(data: Path, name: str) -> tuple[bytes, bytes]:
    """A new certificate by which a client is known, and its key, as PEM; neither is kept.

    The authority is made where it is missing.
    """
    key, certificate = _signed(ensure(data), name, ExtendedKeyUsageOID.CLIENT_AUTH, CLIENT_DAYS)
    return certificate.public_bytes(serialization.Encoding.PEM), _pem(key)


def _is_good(found: Certificates, wanted: set[str]) -> bool:
    if not (found.server.exists() and found.server_key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(found.server.read_bytes())
    soon = datetime.now(UTC) + timedelta(days=_RENEWED_DAYS_BEFORE)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = set(names.get_values_for_type(x509.DNSName))
    known |= {str(one) for one in names.get_values_for_type(x509.IPAddress)}
    return wanted <= known and certificate.not_valid_after_utc > soon


def _new_authority() -> tuple[Key, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named(_AUTHORITY)
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = _builder(name, name, key, _AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    return key, builder.sign(key, hashes.SHA256())


def _signed(
    found: Certificates,
    name: str,
    purpose: x509.ObjectIdentifier,
    days: int,
    alternatives: x509.SubjectAlternativeName | None = None,
) -> tuple[Key, x509.Certificate]:
    """A new key and its certificate by the authority, for one purpose alone."""
    authority = x509.load_pem_x509_certificate(found.authority.read_bytes())
    authority_key = serialization.load_pem_private_key(found.authority_key.read_bytes(), None)
    assert isinstance(authority_key, Key)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_named(name), authority.subject, key, days)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    if alternatives is not None:
        builder = builder.add_extension(alternatives, critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    builder = builder.add_extension(issuer, critical=False)
    return key, builder.sign(authority_key, hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A clock that is a little behind must not find it from the future.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


def _write_pair(key_file: Path, file: Path, key: Key, certificate: x509.Certificate) -> None:
    """The key first: who finds the certificate finds the key as well."""
    write(key_file, _pem(key))
    write(file, certificate.public_bytes(serialization.Encoding.PEM))


def _pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def write(path: Path, data: bytes) -> None:
    """Whole from the first moment, and readable by its owner only."""
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(draft).replace(path)
