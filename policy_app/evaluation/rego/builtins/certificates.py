"""X.509 certificates and private keys: reading and verifying them.

They come as PEM, as PEM in base64, or as DER in base64.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from policy_app.evaluation.rego.builtins.certificate_extensions import EXTENDED_USAGES
from policy_app.evaluation.rego.builtins.certificate_json import (
    base64_or_null,
    certificate,
    private_key,
    request,
    uris,
)
from policy_app.evaluation.rego.builtins.chains import Chain, Options, verified
from policy_app.evaluation.rego.builtins.core import BuiltinError, Context, Family, limit_error
from policy_app.evaluation.rego.builtins.encoding import decode_base64
from policy_app.evaluation.rego.builtins.keys import bounded, is_consistent, private_jwk
from policy_app.evaluation.rego.builtins.pem import BEGIN, Block, blocks, elements
from policy_app.evaluation.rego.builtins.text import from_bytes
from policy_app.evaluation.rego.values import RegoSet, Value

FAMILY = Family("certificates")

MAX_CERTIFICATES = 256
MAX_PRIVATE_KEYS = 16
MAX_KEY_BYTES = 5_000
"""Bytes of a private key; one of RSA with 8,192 bits has 4,700."""

_FIELDS = 120
"""Members of the object that a certificate becomes, names and extensions included."""

Object = dict[Value, Value]
T = TypeVar("T")


def _loaded(load: Callable[[bytes], T], data: bytes) -> T:
    try:
        return load(data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BuiltinError(f"x509: malformed: {error}") from None


def _shown(show: Callable[[Any], Value], found: Any) -> Value:
    """What Go shows of it; an extension that cannot be read is an error here, as there."""
    try:
        return show(found)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BuiltinError(f"x509: malformed: {error}") from None


# Certificates -----------------------------------------------------------------------------------


def _certificates(context: Context, text: str) -> Chain:
    found: Chain = []
    for data in _ders(text):
        if len(found) == MAX_CERTIFICATES:
            raise limit_error(f"there are more than {MAX_CERTIFICATES} certificates")
        context.budget.check_deadline()
        context.budget.charge_elements(_FIELDS)
        found.append(_loaded(x509.load_der_x509_certificate, data))
    return found


def _ders(text: str) -> list[bytes]:
    """The certificates' DER; whatever else PEM can hold is an error."""
    data = b"" if text.startswith(BEGIN) else decode_base64(text)
    if data and not data.startswith(BEGIN.encode()):
        return list(elements(data))
    found: list[bytes] = []
    for block in blocks(from_bytes(data) if data else text):
        if block.kind != "CERTIFICATE":
            raise BuiltinError(f"PEM block type is '{block.kind}', expected CERTIFICATE")
        found += elements(block.data)
    return found


def _all_shown(
    context: Context, show: Callable[[x509.Certificate], Object], chain: Chain
) -> list[Value]:
    found = []
    for certificate_ in chain:
        context.budget.check_deadline()
        found.append(_shown(show, certificate_))
    return found


def _with_uris(found: x509.Certificate) -> Object:
    return {**certificate(found), "URIStrings": uris(found)}


@FAMILY.builtin(
    "crypto.x509.parse_certificates", "string", result="array[object[string:any]]", context=True
)
def parse_certificates(context: Context, text: str) -> list[Value]:
    """The certificates in a text, each as an object."""
    return _all_shown(context, _with_uris, _certificates(context, text))


@FAMILY.builtin(
    "crypto.x509.parse_and_verify_certificates", "string", result="array[any]", context=True
)
def parse_and_verify(context: Context, text: str) -> list[Value]:
    """Whether the last certificate leads to the first one, and the chain from leaf to root."""
    return _verified(context, text, {}, _with_uris)


@FAMILY.builtin(
    "crypto.x509.parse_and_verify_certificates_with_options",
    *("string", "object[string:any]"),
    result="array[any]",
    context=True,
)
def parse_and_verify_with_options(context: Context, text: str, given: Object) -> list[Value]:
    """As without options: `DNSName`, `CurrentTime` in nanoseconds, `KeyUsages`."""
    return _verified(context, text, given, certificate)


def _verified(
    context: Context, text: str, given: Object, show: Callable[[x509.Certificate], Object]
) -> list[Value]:
    try:
        certificates = _certificates(context, text)
    except BuiltinError:
        return [False, []]
    options = _options(context, given)
    try:
        chain = verified(certificates, options, context.budget)
        return [True, _all_shown(context, show, chain)]
    except (BuiltinError, ValueError, UnsupportedAlgorithm):
        return [False, []]


_USAGE_NAMES = (
    "KeyUsageAny",
    "KeyUsageServerAuth",
    "KeyUsageClientAuth",
    "KeyUsageCodeSigning",
    "KeyUsageEmailProtection",
    "KeyUsageIPSECEndSystem",
    "KeyUsageIPSECTunnel",
    "KeyUsageIPSECUser",
    "KeyUsageTimeStamping",
    "KeyUsageOCSPSigning",
    "KeyUsageMicrosoftServerGatedCrypto",
    "KeyUsageNetscapeServerGatedCrypto",
    "KeyUsageMicrosoftCommercialCodeSigning",
    "KeyUsageMicrosoftKernelCodeSigning",
)
assert len(_USAGE_NAMES) == len(EXTENDED_USAGES)


def _options(context: Context, given: Object) -> Options:
    options = Options(context.now_ns)
    for name, value in given.items():
        if name == "DNSName":
            options.dns_name = _typed(name, value, str, "a string").strip('"')
        elif name == "CurrentTime":
            # 0 is Go's zero time to Go itself, but a point in 1970 to OPA.
            options.now_ns = _typed(name, value, int, "a valid int64 number")
        elif name == "MaxConstraintComparisons":
            options.max_comparisons = _typed(name, value, int, "a valid number")
        elif name == "KeyUsages":
            options.usages = _usages(value) or options.usages
        elif type(name) is str:
            raise BuiltinError("invalid key option")
    return options


def _typed(name: str, value: Value, kind: type[T], wanted: str) -> T:
    fits = type(value) is not int or -(1 << 63) <= value < 1 << 63
    if type(value) is not kind or not fits:
        raise BuiltinError(f"'{name}' should be {wanted}")
    return value


def _usages(value: Value) -> list[int]:
    if type(value) not in (list, RegoSet):
        raise BuiltinError("'KeyUsages' should be an Array or Set")
    names = [name.strip('"') for name in value if type(name) is str]
    odd = [name for name in names if name not in _USAGE_NAMES]
    if odd:
        raise BuiltinError(f"invalid entries for 'KeyUsages' found: [{' '.join(odd)}]")
    return [_USAGE_NAMES.index(name) for name in names]


@FAMILY.builtin(
    "crypto.x509.parse_certificate_request", "string", result="object[string:any]", context=True
)
def parse_certificate_request(context: Context, text: str) -> Value:
    """A certificate signing request as an object."""
    data = b"" if text.startswith(f"{BEGIN} CERTIFICATE REQUEST-----") else decode_base64(text)
    block = next(blocks(from_bytes(data) if data else text), None)
    if block is not None and block.kind != "CERTIFICATE REQUEST":
        raise BuiltinError("invalid PEM-encoded certificate signing request")
    context.budget.charge_elements(_FIELDS)
    return _shown(request, _loaded(x509.load_der_x509_csr, block.data if block else data))


# Private keys -----------------------------------------------------------------------------------

_PRIVATE_KINDS = ("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY")


def _private_keys(context: Context, text: str) -> list[Any]:
    with contextlib.suppress(BuiltinError):
        text = from_bytes(decode_base64(text))
    found = [block for block in blocks(text) if block.kind in _PRIVATE_KINDS]
    if len(found) > MAX_PRIVATE_KEYS:
        raise limit_error(f"there are more than {MAX_PRIVATE_KEYS} private keys")
    return [_private(context, block) for block in found]


def _private(context: Context, block: Block) -> Any:
    if len(block.data) > MAX_KEY_BYTES:
        raise limit_error(f"a private key is longer than {MAX_KEY_BYTES} bytes")
    context.budget.check_deadline()
    key = bounded(_loaded(_load_private, block.data))
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        if not is_consistent(numbers.public_numbers, numbers.p, numbers.q, numbers.d):
            raise BuiltinError("x509: malformed: the numbers of an RSA key are no key")
    return key


def _load_private(data: bytes) -> Any:
    # Whether the factors are primes is not asked, as in Go: it takes longer than a query may.
    return load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True)


@FAMILY.builtin(
    "crypto.parse_private_keys", "string", result="array[object[string:any]]|null", context=True
)
def parse_private_keys(context: Context, text: str) -> Value:
    """The private keys in a text, each as an object; null for an empty text."""
    if not text:
        return None
    return [private_key(key) for key in _private_keys(context, text)]


@FAMILY.builtin(
    "crypto.x509.parse_rsa_private_key", "string", result="object[string:any]|null", context=True
)
def parse_rsa_private_key(context: Context, text: str) -> Value:
    """The first private key in a text as a JSON Web Key, to sign tokens with."""
    if not text:
        raise BuiltinError("input PEM data was empty")
    if not text.startswith(BEGIN):
        text = from_bytes(decode_base64(text))
    keys = _private_keys(context, text)
    return private_jwk(keys[0]) if keys else None


@FAMILY.builtin(
    "crypto.x509.parse_keypair", "string", "string", result="object[string:any]", context=True
)
def parse_keypair(context: Context, text: str, key_text: str) -> Object:
    """A certificate, with those that follow it, and the private key that belongs to it."""
    chain = _certificates(context, text)
    key = _pair_key(context, key_text)
    if not chain:
        raise BuiltinError("tls: failed to find any PEM data in certificate input")
    if _loaded(lambda _: chain[0].public_key(), b"") != key.public_key():
        raise BuiltinError("tls: private key does not match public key")
    return {
        "Certificate": [base64_or_null(data) for data in _ders(text)],
        "PrivateKey": private_key(key),
        "SupportedSignatureAlgorithms": None,
        "OCSPStaple": None,
        "SignedCertificateTimestamps": None,
        "Leaf": _shown(certificate, chain[0]),
    }


def _pair_key(context: Context, text: str) -> Any:
    data = b"" if text.startswith(BEGIN) else decode_base64(text)
    if data and not data.startswith(BEGIN.encode()):
        return _private(context, Block("PRIVATE KEY", data, 0))
    found = blocks(from_bytes(data) if data else text)
    block = next((block for block in found if block.kind.endswith("PRIVATE KEY")), None)
    if block is None:
        raise BuiltinError("tls: failed to find any PEM data in key input")
    return _private(context, block)
