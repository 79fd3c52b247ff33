"""UUIDs (RFC 4122): reading them, and making repeatable ones."""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

from policy_app.evaluation.rego.builtins.core import Context, Family, NoResult
from policy_app.evaluation.rego.builtins.text import utf8
from policy_app.evaluation.rego.values import Value

FAMILY = Family("uuid")

_HEX = r"[0-9a-fA-F]"
_DASHED = rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_UUID = re.compile(rf"(?i:urn:uuid:)?({_DASHED})|\{{({_DASHED})\}}|({_HEX}{{32}})")

_GREGORIAN_NS = 122_192_928_000_000_000 * 100
"""Nanoseconds from 1582-10-15, where UUID time starts, to 1970."""

_VARIANTS = ((0b1000, "Reserved"), (0b1100, "RFC4122"), (0b1110, "Microsoft"), (0b10000, "Future"))
_DOMAINS = {0: "Person", 1: "Group", 2: "Org"}


@FAMILY.builtin("uuid.rfc4122", "string", result="string", context=True)
def rfc4122(context: Context, key: str) -> str:
    """A version 4 UUID, the same for the same key and query seed."""
    digest = hashlib.sha256(utf8(f"{context.seed}\0{key}")).digest()
    return str(UUID(bytes=digest[:16], version=4))


@FAMILY.builtin("uuid.parse", "string", result="object[string:any]")
def parse(text: str) -> dict[str, Value]:
    """Version and variant; for versions 1 and 2 also time, node and clock sequence."""
    match = _UUID.fullmatch(text)
    if match is None:
        raise NoResult
    uuid = UUID(match[1] or match[2] or match[3])
    data = uuid.bytes
    version = data[6] >> 4
    found: dict[str, Value] = {"version": version, "variant": _variant(data[8])}
    if version in (1, 2):
        found |= {
            "time": uuid.time * 100 - _GREGORIAN_NS,
            "nodeid": data[10:].hex("-"),
            "macvariables": _mac_variables(data[10]),
            "clocksequence": uuid.clock_seq,
        }
    if version == 2:
        found |= {"id": uuid.time_low, "domain": _DOMAINS.get(data[9], f"Domain{data[9]}")}
    return found


def _variant(byte: int) -> str:
    high = byte >> 4
    return next(name for bound, name in _VARIANTS if high < bound)


def _mac_variables(byte: int) -> str:
    return f"{'local' if byte & 2 else 'global'}:{'multicast' if byte & 1 else 'unicast'}"
