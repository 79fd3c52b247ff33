"""Certificates, requests and keys as Go's ``encoding/json`` writes its structs of ``crypto/x509``.

OPA gives policies these structs as they are, so names, numbers and nulls are Go's.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, NameOID

from policy_app.evaluation.rego.builtins.certificate_extensions import extension_fields, find
from policy_app.evaluation.rego.builtins.core import BuiltinError
from policy_app.evaluation.rego.builtins.keys import bounded

Json: TypeAlias = dict[str, Any]
Signed: TypeAlias = x509.Certificate | x509.CertificateSigningRequest

_SIGNATURES = {
    "1.2.840.113549.1.1.2": 1,
    "1.2.840.113549.1.1.4": 2,
    "1.2.840.113549.1.1.5": 3,
    "1.3.14.3.2.29": 3,
    "1.2.840.113549.1.1.11": 4,
    "1.2.840.113549.1.1.12": 5,
    "1.2.840.113549.1.1.13": 6,
    "1.2.840.10040.4.3": 7,
    "2.16.840.1.101.3.4.3.2": 8,
    "1.2.840.10045.4.1": 9,
    "1.2.840.10045.4.3.2": 10,
    "1.2.840.10045.4.3.3": 11,
    "1.2.840.10045.4.3.4": 12,
    "1.3.101.112": 16,
}
"""Go's ``SignatureAlgorithm`` of an object identifier."""
_PSS = "1.2.840.113549.1.1.10"
_PSS_SIGNATURES = {"sha256": 13, "sha384": 14, "sha512": 15}
_KEY_ALGORITHMS = {
    rsa.RSAPublicKey: 1,
    dsa.DSAPublicKey: 2,
    ec.EllipticCurvePublicKey: 3,
    ed25519.Ed25519PublicKey: 4,
}
_MAX_SERIAL_BITS = 4096
_EXTENSION_REQUEST = "1.2.840.113549.1.9.14"


def base64_or_null(data: bytes | None) -> str | None:
    """Bytes as Go writes them: base64, and null for none."""
    return base64.b64encode(data).decode("ascii") if data is not None else None


def identifier(oid: x509.ObjectIdentifier) -> list[int]:
    """An object identifier as a list of numbers."""
    return [int(part) for part in oid.dotted_string.split(".")]


# Keys -------------------------------------------------------------------------------------------


def public_key(key: Any) -> Any:
    """A public key's struct; null for a kind that Go does not know."""
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"N": numbers.n, "E": numbers.e}
    if isinstance(key, ec.EllipticCurvePublicKey):
        point = key.public_numbers()
        return {"Curve": {}, "X": point.x, "Y": point.y}
    if isinstance(key, ed25519.Ed25519PublicKey):
        return base64_or_null(key.public_bytes_raw())
    return None


def private_key(key: Any) -> Any:
    """A private key's struct."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        return {
            **public_key(key.public_key()),
            "D": numbers.d,
            "Primes": [numbers.p, numbers.q],
            "Precomputed": {
                "Dp": numbers.dmp1,
                "Dq": numbers.dmq1,
                "Qinv": numbers.iqmp,
                "CRTValues": [],
            },
        }
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {**public_key(key.public_key()), "D": key.private_numbers().private_value}
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return base64_or_null(key.private_bytes_raw() + key.public_key().public_bytes_raw())
    raise BuiltinError("x509: a private key is of an unknown kind")


def _key_algorithm(key: Any) -> int:
    return next((number for kind, number in _KEY_ALGORITHMS.items() if isinstance(key, kind)), 0)


def signature_algorithm(signed: Signed) -> int:
    """Go's number of the algorithm of a signature, 0 for one that it does not know."""
    oid = signed.signature_algorithm_oid.dotted_string
    if oid != _PSS:
        return _SIGNATURES.get(oid, 0)
    hash_ = signed.signature_hash_algorithm
    is_pss = isinstance(signed.signature_algorithm_parameters, padding.PSS)
    return _PSS_SIGNATURES.get(hash_.name, 0) if hash_ is not None and is_pss else 0


def _loaded_key(signed: Signed) -> Any:
    try:
        return bounded(signed.public_key())
    except (ValueError, TypeError) as error:
        raise BuiltinError(f"x509: {error}") from None


# Names ------------------------------------------------------------------------------------------

_NAME_LISTS = {
    "Country": NameOID.COUNTRY_NAME,
    "Organization": NameOID.ORGANIZATION_NAME,
    "OrganizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "Locality": NameOID.LOCALITY_NAME,
    "Province": NameOID.STATE_OR_PROVINCE_NAME,
    "StreetAddress": NameOID.STREET_ADDRESS,
    "PostalCode": NameOID.POSTAL_CODE,
}


def _name(name: x509.Name) -> Json:
    def values(oid: x509.ObjectIdentifier) -> list[Any]:
        return [_text(part) for part in name.get_attributes_for_oid(oid)]

    return {
        **{field: values(oid) or None for field, oid in _NAME_LISTS.items()},
        "SerialNumber": (values(NameOID.SERIAL_NUMBER) or [""])[-1],
        "CommonName": (values(NameOID.COMMON_NAME) or [""])[-1],
        "Names": [{"Type": identifier(part.oid), "Value": _text(part)} for part in name] or None,
        "ExtraNames": None,
    }


def _text(part: x509.NameAttribute[Any]) -> Any:
    return part.value if isinstance(part.value, str) else base64_or_null(part.value)


# Extensions -------------------------------------------------------------------------------------


def value_of(extension: x509.Extension[Any]) -> bytes:
    """The DER of an extension's value."""
    value = extension.value
    is_unknown = isinstance(value, x509.UnrecognizedExtension)
    data: bytes = value.value if is_unknown else value.public_bytes()
    return data


def _extensions(extensions: Iterable[x509.Extension[Any]]) -> list[Json] | None:
    found = [
        {
            "Id": identifier(ext.oid),
            "Critical": ext.critical,
            "Value": base64_or_null(value_of(ext)),
        }
        for ext in extensions
    ]
    return found or None


def _alternative_names(extensions: x509.Extensions) -> Json:
    found = find(extensions, ExtensionOID.SUBJECT_ALTERNATIVE_NAME) or ()
    kinds = [
        ("DNSNames", x509.DNSName),
        ("EmailAddresses", x509.RFC822Name),
        ("IPAddresses", x509.IPAddress),
        ("URIs", x509.UniformResourceIdentifier),
    ]
    names = {field: [n.value for n in found if isinstance(n, kind)] for field, kind in kinds}
    return {
        "DNSNames": names["DNSNames"] or None,
        "EmailAddresses": names["EmailAddresses"] or None,
        "IPAddresses": [str(address) for address in names["IPAddresses"]] or None,
        "URIs": [_url(uri) for uri in names["URIs"]] or None,
    }


def uris(certificate: x509.Certificate) -> list[str] | None:
    """The URIs among a certificate's alternative names, as text."""
    found = find(certificate.extensions, ExtensionOID.SUBJECT_ALTERNATIVE_NAME) or ()
    return [n.value for n in found if isinstance(n, x509.UniformResourceIdentifier)] or None


def _url(text: str) -> Json:
    """The struct ``net/url.URL``."""
    parts = urlsplit(text)
    rooted = text.partition(":")[2].startswith("/")
    user, _, host = parts.netloc.rpartition("@")
    path = unquote(parts.path) if rooted else ""
    return {
        "Scheme": parts.scheme,
        "Opaque": "" if rooted else parts.path,
        "User": {} if user else None,
        "Host": host,
        "Path": path,
        "Fragment": unquote(parts.fragment),
        "RawPath": parts.path if rooted and "%2F" in parts.path.upper() else "",
        "RawFragment": "",
        "RawQuery": parts.query,
        "ForceQuery": text.endswith("?"),
        "OmitHost": False,
    }


# Certificates and requests ----------------------------------------------------------------------


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _common(signed: Signed) -> Json:
    key = _loaded_key(signed)
    raw_key = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "Raw": base64_or_null(signed.public_bytes(Encoding.DER)),
        "RawSubjectPublicKeyInfo": base64_or_null(raw_key),
        "RawSubject": base64_or_null(signed.subject.public_bytes()),
        "Signature": base64_or_null(signed.signature),
        "SignatureAlgorithm": signature_algorithm(signed),
        "PublicKeyAlgorithm": _key_algorithm(key),
        "PublicKey": public_key(key),
        "Subject": _name(signed.subject),
        "Extensions": _extensions(signed.extensions),
        "ExtraExtensions": None,
        **_alternative_names(signed.extensions),
    }


def certificate(found: x509.Certificate) -> Json:
    """The struct ``Certificate``."""
    if found.serial_number.bit_length() > _MAX_SERIAL_BITS:
        raise BuiltinError("x509: a serial number is too long")
    return {
        **_common(found),
        "RawTBSCertificate": base64_or_null(found.tbs_certificate_bytes),
        "RawIssuer": base64_or_null(found.issuer.public_bytes()),
        "Version": found.version.value + 1,
        "SerialNumber": found.serial_number,
        "Issuer": _name(found.issuer),
        "NotBefore": _time(found.not_valid_before_utc),
        "NotAfter": _time(found.not_valid_after_utc),
        **extension_fields(found.extensions),
    }


def request(found: x509.CertificateSigningRequest) -> Json:
    """The struct ``CertificateRequest``."""
    extensions = [
        {
            "Type": identifier(ext.oid),
            "Value": True if ext.critical else base64_or_null(value_of(ext)),
        }
        for ext in found.extensions
    ]
    oid = [int(part) for part in _EXTENSION_REQUEST.split(".")]
    return {
        **_common(found),
        "RawTBSCertificateRequest": base64_or_null(found.tbs_certrequest_bytes),
        "Version": 0,
        "Attributes": [{"Type": oid, "Value": [extensions]}] if extensions else None,
    }
