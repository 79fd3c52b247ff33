"""The functions that expressions in Kubernetes may call, for the compiler's type checker.

One line each, as ``receiver: name(parameters) -> result``; the standard functions that are left out
here are the compiler's own.  Source: https://kubernetes.io/docs/reference/using-api/cel/ and
https://github.com/google/cel-go/tree/master/ext.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURES = """
string: charAt(int) -> string
string: format(list) -> string
string: indexOf(string) -> int
string: indexOf(string, int) -> int
string: lastIndexOf(string) -> int
string: lastIndexOf(string, int) -> int
string: lowerAscii() -> string
string: upperAscii() -> string
string: replace(string, string) -> string
string: replace(string, string, int) -> string
string: split(string) -> strings
string: split(string, int) -> strings
string: substring(int) -> string
string: substring(int, int) -> string
string: trim() -> string
string: find(string) -> string
string: findAll(string) -> strings
string: findAll(string, int) -> strings
strings: join() -> string
strings: join(string) -> string
strings.quote(string) -> string
list: isSorted() -> bool
list: sum() -> dyn
list: min() -> dyn
list: max() -> dyn
list: indexOf(dyn) -> int
list: lastIndexOf(dyn) -> int
sets.contains(list, list) -> bool
sets.equivalent(list, list) -> bool
sets.intersects(list, list) -> bool
quantity(string) -> quantity
isQuantity(string) -> bool
quantity: sign() -> int
quantity: isInteger() -> bool
quantity: asInteger() -> int
quantity: asApproximateFloat() -> double
quantity: add(quantity) -> quantity
quantity: add(int) -> quantity
quantity: sub(quantity) -> quantity
quantity: sub(int) -> quantity
quantity: isLessThan(quantity) -> bool
quantity: isGreaterThan(quantity) -> bool
quantity: compareTo(quantity) -> int
url(string) -> url
isURL(string) -> bool
url: getScheme() -> string
url: getHost() -> string
url: getHostname() -> string
url: getPort() -> string
url: getEscapedPath() -> string
url: getQuery() -> query
ip(string) -> ip
isIP(string) -> bool
ip.isCanonical(string) -> bool
ip: family() -> int
ip: isUnspecified() -> bool
ip: isLoopback() -> bool
ip: isLinkLocalMulticast() -> bool
ip: isLinkLocalUnicast() -> bool
ip: isGlobalUnicast() -> bool
cidr(string) -> cidr
isCIDR(string) -> bool
cidr: containsIP(ip) -> bool
cidr: containsIP(string) -> bool
cidr: containsCIDR(cidr) -> bool
cidr: containsCIDR(string) -> bool
cidr: ip() -> ip
cidr: prefixLength() -> int
cidr: masked() -> cidr
"""
REPLACED = ("string", "_<_", "_<=_", "_>_", "_>=_")
"""Standard functions that Kubernetes extends: texts of addresses, numbers of different types."""
_NUMBERS = ("int", "uint", "double")
_ORDERED = ("bool", "string", "bytes", "timestamp", "duration")
_TO_TEXT = (*_ORDERED, *_NUMBERS, "ip", "cidr")
_LINE = re.compile(
    r"(?:(?P<receiver>\w+): )?(?P<name>[\w.]+)\((?P<parameters>[\w, ]*)\) -> (?P<result>\w+)"
)


@dataclass(frozen=True, slots=True)
class Signature:
    """One overload; a receiver is the first parameter."""

    name: str
    parameters: tuple[str, ...]
    result: str
    has_receiver: bool = False

    @property
    def id(self) -> str:
        """A name for this overload alone."""
        return "_".join((self.name.strip("_"), *self.parameters, str(self.has_receiver).lower()))


def signatures() -> Iterator[Signature]:
    """Every function that is declared beside the compiler's own."""
    for line in SIGNATURES.split("\n"):
        if found := _LINE.fullmatch(line):
            receiver = found["receiver"]
            parameters = tuple(filter(None, found["parameters"].split(", ")))
            before = (receiver,) if receiver else ()
            yield Signature(found["name"], before + parameters, found["result"], bool(receiver))
    for kind in _TO_TEXT:
        yield Signature("string", (kind,), "string")
    for name in REPLACED[1:]:
        pairs = [(one, other) for one in _NUMBERS for other in _NUMBERS]
        for pair in (*pairs, *((kind, kind) for kind in _ORDERED)):
            yield Signature(name, pair, "bool")
