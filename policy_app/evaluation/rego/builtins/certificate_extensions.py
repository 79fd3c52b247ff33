"""What Go's ``crypto/x509`` tells of a certificate's extensions, field by field."""

from __future__ import annotations

import base64
from ipaddress import IPv4Network, IPv6Network
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, ExtensionOID

Json: TypeAlias = dict[str, Any]

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
CERT_SIGN = 1 << _USAGES.index("key_cert_sign")

ANY_USAGE, SERVER_AUTH = 0, 1
EXTENDED_USAGES = {
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string: ANY_USAGE,
    ExtendedKeyUsageOID.SERVER_AUTH.dotted_string: SERVER_AUTH,
    ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string: 2,
    ExtendedKeyUsageOID.CODE_SIGNING.dotted_string: 3,
    ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string: 4,
    "1.3.6.1.5.5.7.3.5": 5,
    "1.3.6.1.5.5.7.3.6": 6,
    "1.3.6.1.5.5.7.3.7": 7,
    ExtendedKeyUsageOID.TIME_STAMPING.dotted_string: 8,
    ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string: 9,
    "1.3.6.1.4.1.311.10.3.3": 10,
    "2.16.840.1.113730.4.1": 11,
    "1.3.6.1.4.1.311.2.1.22": 12,
    "1.3.6.1.4.1.311.61.1.1": 13,
}
"""Go's ``ExtKeyUsage`` of an object identifier."""

_HANDLED = {
    ExtensionOID.KEY_USAGE,
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.POLICY_CONSTRAINTS,
    ExtensionOID.INHIBIT_ANY_POLICY,
}


def find(extensions: x509.Extensions, oid: x509.ObjectIdentifier) -> Any:
    """The value of the extension with this identifier, or None."""
    return next((extension.value for extension in extensions if extension.oid == oid), None)


def extension_fields(extensions: x509.Extensions) -> Json:
    """The fields of the struct ``Certificate`` that come from extensions."""
    return {
        "KeyUsage": key_usage(extensions),
        "UnhandledCriticalExtensions": unhandled(extensions) or None,
        **_extended_usages(extensions),
        **_basic_constraints(extensions),
        **_key_identifiers(extensions),
        **_access(extensions),
        **_name_constraints(extensions),
        "CRLDistributionPoints": _distribution_points(extensions) or None,
        **_policies(extensions),
    }


def key_usage(extensions: x509.Extensions) -> int:
    """The bits of ``KeyUsage``, 0 where there is no such extension."""
    usage = find(extensions, ExtensionOID.KEY_USAGE)
    if usage is None:
        return 0
    # The last two may only be asked for where a key agrees on others.
    names = _USAGES if usage.key_agreement else _USAGES[:-2]
    return sum(1 << bit for bit, name in enumerate(names) if getattr(usage, name))


def unhandled(extensions: x509.Extensions) -> list[list[int]]:
    """The identifiers of critical extensions that Go does not understand."""
    return [
        [int(part) for part in extension.oid.dotted_string.split(".")]
        for extension in extensions
        if extension.critical and extension.oid not in _HANDLED
    ]


def extended_usages(extensions: x509.Extensions) -> tuple[list[int], list[list[int]]]:
    """The extended key usages that Go knows, and the identifiers of the others."""
    usages = find(extensions, ExtensionOID.EXTENDED_KEY_USAGE) or ()
    dotted = [usage.dotted_string for usage in usages]
    unknown = [name for name in dotted if name not in EXTENDED_USAGES]
    return (
        [EXTENDED_USAGES[name] for name in dotted if name in EXTENDED_USAGES],
        [[int(part) for part in name.split(".")] for name in unknown],
    )


def _extended_usages(extensions: x509.Extensions) -> Json:
    known, unknown = extended_usages(extensions)
    return {"ExtKeyUsage": known or None, "UnknownExtKeyUsage": unknown or None}


def _basic_constraints(extensions: x509.Extensions) -> Json:
    found = find(extensions, ExtensionOID.BASIC_CONSTRAINTS)
    length = -1 if found is None or found.path_length is None else found.path_length
    return {
        "BasicConstraintsValid": found is not None,
        "IsCA": found is not None and found.ca,
        "MaxPathLen": length if found is not None else 0,
        "MaxPathLenZero": found is not None and length == 0,
    }


def _key_identifiers(extensions: x509.Extensions) -> Json:
    subject = find(extensions, ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    authority = find(extensions, ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    return {
        "SubjectKeyId": _coded(subject and subject.digest),
        "AuthorityKeyId": _coded(authority and authority.key_identifier),
    }


def _coded(data: bytes | None) -> str | None:
    return base64.b64encode(data).decode("ascii") if data is not None else None


def _access(extensions: x509.Extensions) -> Json:
    found = find(extensions, ExtensionOID.AUTHORITY_INFORMATION_ACCESS) or ()
    servers: dict[x509.ObjectIdentifier, list[str]] = {}
    for description in found:
        if isinstance(description.access_location, x509.UniformResourceIdentifier):
            urls = servers.setdefault(description.access_method, [])
            urls.append(description.access_location.value)
    return {
        "OCSPServer": servers.get(AuthorityInformationAccessOID.OCSP),
        "IssuingCertificateURL": servers.get(AuthorityInformationAccessOID.CA_ISSUERS),
    }


def _name_constraints(extensions: x509.Extensions) -> Json:
    found = find(extensions, ExtensionOID.NAME_CONSTRAINTS)
    fields: Json = {
        "PermittedDNSDomainsCritical": any(
            extension.critical
            for extension in extensions
            if extension.oid == ExtensionOID.NAME_CONSTRAINTS
        )
    }
    for word in ("Permitted", "Excluded"):
        names = [] if found is None else getattr(found, f"{word.lower()}_subtrees") or []
        fields |= {
            f"{word}DNSDomains": values(names, x509.DNSName) or None,
            f"{word}IPRanges": [_network(n) for n in values(names, x509.IPAddress)] or None,
            f"{word}EmailAddresses": values(names, x509.RFC822Name) or None,
            f"{word}URIDomains": values(names, x509.UniformResourceIdentifier) or None,
        }
    return fields


def values(names: list[x509.GeneralName], kind: type[x509.GeneralName]) -> list[Any]:
    """The values of the names of one kind."""
    return [name.value for name in names if isinstance(name, kind)]


def _network(network: IPv4Network | IPv6Network) -> Json:
    return {"IP": str(network.network_address), "Mask": _coded(network.netmask.packed)}


def _distribution_points(extensions: x509.Extensions) -> list[str]:
    found = find(extensions, ExtensionOID.CRL_DISTRIBUTION_POINTS) or ()
    return [
        name.value
        for point in found
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    ]


def _policies(extensions: x509.Extensions) -> Json:
    policies = find(extensions, ExtensionOID.CERTIFICATE_POLICIES) or ()
    dotted = [policy.policy_identifier.dotted_string for policy in policies]
    inhibit = find(extensions, ExtensionOID.INHIBIT_ANY_POLICY)
    limits = find(extensions, ExtensionOID.POLICY_CONSTRAINTS)
    counts = {
        "InhibitAnyPolicy": inhibit and inhibit.skip_certs,
        "InhibitPolicyMapping": limits and limits.inhibit_policy_mapping,
        "RequireExplicitPolicy": limits and limits.require_explicit_policy,
    }
    return {
        "PolicyIdentifiers": [[int(part) for part in name.split(".")] for name in dotted] or None,
        "Policies": dotted or None,
        "PolicyMappings": None,
        **{field: count or 0 for field, count in counts.items()},
        **{f"{field}Zero": count == 0 for field, count in counts.items()},
    }
