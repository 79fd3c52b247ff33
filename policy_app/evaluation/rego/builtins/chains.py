"""Whether a certificate leads to a root that is trusted, by the rules of Go's ``crypto/x509``.

``cryptography``'s own verifier follows the profile of browsers, which refuses many a private
authority that Go, and so OPA, accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID

from policy_app.evaluation.rego.builtins.certificate_extensions import (
    ANY_USAGE,
    CERT_SIGN,
    SERVER_AUTH,
    extended_usages,
    find,
    key_usage,
    unhandled,
    values,
)
from policy_app.evaluation.rego.builtins.core import Budget, BuiltinError

MAX_SIGNATURES = 100
MAX_COMPARISONS = 250_000
_WEAK = frozenset({"md5", "sha1"})

Chain: TypeAlias = list[x509.Certificate]


@dataclass(slots=True)
class Options:
    """What is asked of the leaf; ``usages`` are Go's ``ExtKeyUsage``, any of which will do."""

    now_ns: int
    dns_name: str = ""
    usages: Sequence[int] = (SERVER_AUTH,)
    max_comparisons: int = MAX_COMPARISONS


class UntrustedError(BuiltinError):
    """A chain that is not trusted."""


def verified(certificates: Chain, options: Options, budget: Budget) -> Chain:
    """The chain from the leaf, which stands last, to the root, which stands first.

    Raises ``UntrustedError`` where there is none.
    """
    if len(certificates) < 2:
        raise UntrustedError("operand 1 must supply at least two certificates to be able to verify")
    root, *between, leaf = certificates
    builder = _Builder(root, between, options, budget)
    builder.check(leaf, [])
    if options.dns_name:
        _check_host(leaf, options.dns_name)
    chains = [[leaf]] if leaf == root else builder.chains([leaf])
    for chain in chains:
        if _serves(chain, options.usages):
            return chain
    raise UntrustedError("x509: certificate signed by unknown authority")


class _Builder:
    """Looks for chains, in the order in which the certificates were given."""

    def __init__(
        self, root: x509.Certificate, between: Chain, options: Options, budget: Budget
    ) -> None:
        self.root = root
        self.between = between
        self.when = datetime.fromtimestamp(options.now_ns // 1_000_000_000, UTC)
        self.budget = budget
        self.signatures = MAX_SIGNATURES
        self.comparisons = options.max_comparisons or MAX_COMPARISONS

    def chains(self, chain: Chain) -> Iterator[Chain]:
        for parent in (self.root, *self.between):
            if parent in chain or not self._issued(chain[-1], parent):
                continue
            try:
                self.check(parent, chain)
            except UntrustedError:
                continue
            if parent is self.root:
                yield [*chain, parent]
            else:
                yield from self.chains([*chain, parent])

    def _issued(self, child: x509.Certificate, parent: x509.Certificate) -> bool:
        if child.issuer != parent.subject or not _may_sign(parent):
            return False
        hash_ = child.signature_hash_algorithm
        if hash_ is not None and hash_.name in _WEAK:
            return False
        self.budget.check_deadline()
        self.signatures -= 1
        if self.signatures < 0:
            raise UntrustedError("x509: signature check attempts limit reached")
        try:
            child.verify_directly_issued_by(parent)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True

    def check(self, found: x509.Certificate, below: Chain) -> None:
        """Raise ``UntrustedError`` where the certificate is of no use above these."""
        if unhandled(found.extensions):
            raise UntrustedError("x509: unhandled critical extension")
        if not found.not_valid_before_utc <= self.when <= found.not_valid_after_utc:
            raise UntrustedError("x509: certificate has expired or is not yet valid")
        basic = find(found.extensions, ExtensionOID.BASIC_CONSTRAINTS)
        if below and found is not self.root and (basic is None or not basic.ca):
            raise UntrustedError("x509: certificate is not authorized to sign other certificates")
        length = None if basic is None else basic.path_length
        if length is not None and len(below) - 1 > length:
            raise UntrustedError("x509: too many intermediates for path length constraint")
        constraints = find(found.extensions, ExtensionOID.NAME_CONSTRAINTS)
        if constraints is not None:
            for certificate in below:
                self._check_names(certificate, constraints)

    def _check_names(self, certificate: x509.Certificate, constraints: Any) -> None:
        names = find(certificate.extensions, ExtensionOID.SUBJECT_ALTERNATIVE_NAME) or ()
        for name in names:
            match = _MATCHES.get(type(name))
            if match is not None:
                self._check_name(name, match, constraints)

    def _check_name(self, name: x509.GeneralName, match: Match, constraints: Any) -> None:
        kind = type(name)
        excluded = values(constraints.excluded_subtrees or [], kind)
        permitted = values(constraints.permitted_subtrees or [], kind)
        self.comparisons -= len(excluded) + len(permitted)
        if self.comparisons < 0:
            raise UntrustedError("x509: too many constraints to compare")
        if any(match(name.value, constraint) for constraint in excluded):
            raise UntrustedError(f"x509: {name.value} is excluded by a constraint")
        if permitted and not any(match(name.value, constraint) for constraint in permitted):
            raise UntrustedError(f"x509: {name.value} is not permitted by any constraint")


def _may_sign(parent: x509.Certificate) -> bool:
    basic = find(parent.extensions, ExtensionOID.BASIC_CONSTRAINTS)
    if basic is None and parent.version is x509.Version.v3:
        return False
    usage = key_usage(parent.extensions)
    return (basic is None or basic.ca) and (not usage or bool(usage & CERT_SIGN))


def _serves(chain: Chain, wanted: Sequence[int]) -> bool:
    """Whether one of the usages is allowed by all certificates of the chain."""
    if ANY_USAGE in wanted:
        return True
    left = set(wanted)
    for certificate in chain:
        known, unknown = extended_usages(certificate.extensions)
        if ANY_USAGE not in known and (known or unknown):
            left.intersection_update(known)
    return bool(left)


# Names ------------------------------------------------------------------------------------------


def _in_domain(name: str, constraint: str) -> bool:
    """Whether a host is the constraint's or below it; below it only for a leading dot."""
    name, constraint = name.lower().rstrip("."), constraint.lower()
    below = name.endswith(constraint if constraint[:1] == "." else f".{constraint}")
    return not constraint or name == constraint or below


def _mail_fits(address: str, constraint: str) -> bool:
    local, _, domain = address.rpartition("@")
    if "@" in constraint:
        wanted, _, host = constraint.rpartition("@")
        return local == wanted and domain.lower() == host.lower()
    return _in_domain(domain, constraint)


def _uri_fits(uri: str, constraint: str) -> bool:
    return _in_domain(urlsplit(uri).hostname or "", constraint)


Match: TypeAlias = Callable[[Any, Any], bool]
_MATCHES: dict[type[x509.GeneralName], Match] = {
    x509.DNSName: _in_domain,
    x509.RFC822Name: _mail_fits,
    x509.UniformResourceIdentifier: _uri_fits,
    x509.IPAddress: lambda address, network: address in network,
}


def _check_host(leaf: x509.Certificate, name: str) -> None:
    """Raise ``UntrustedError`` unless it is for this host; common names do not count."""
    names = find(leaf.extensions, ExtensionOID.SUBJECT_ALTERNATIVE_NAME) or ()
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    try:
        address = ip_address(bare)
    except ValueError:
        fits = any(
            _host_fits(found.value, name) for found in names if isinstance(found, x509.DNSName)
        )
    else:
        fits = any(found.value == address for found in names if isinstance(found, x509.IPAddress))
    if not fits:
        raise UntrustedError(f"x509: certificate is not valid for {name}")


def _host_fits(pattern: str, host: str) -> bool:
    wanted, given = pattern.lower().split("."), host.lower().removesuffix(".").split(".")
    if len(wanted) != len(given) or not all(given):
        return False
    return wanted[1:] == given[1:] and wanted[0] in ("*", given[0])
