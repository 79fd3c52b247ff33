"""IP addresses and CIDR blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
    summarize_address_range,
)

from policy_app.evaluation.rego.builtins.core import BuiltinError, Context, Family
from policy_app.evaluation.rego.values import RegoSet, Value, hash_key, unkey

FAMILY = Family("net")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CIDR = re.compile(r"([0-9a-fA-F.:]+)/(\d{1,3})", re.ASCII)
_MAPPED_BITS = 96


def _network(text: str) -> Network:
    """The block, without the bits of a host; an IPv4 block in IPv6's clothes becomes IPv4."""
    match = _CIDR.fullmatch(text)
    try:
        if match is None or (len(match[2]) > 1 and match[2].startswith("0")):
            raise ValueError
        network = ip_network(text, strict=False)
    except ValueError:
        raise BuiltinError(f"invalid CIDR address: {text}") from None
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text) if "%" not in text else None
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _holds(outer: Network, inner: Network) -> bool:
    """Whether one block lies in another; blocks of different versions never do."""
    return (
        outer.version == inner.version
        and int(outer.network_address) <= int(inner.network_address)
        and int(inner.broadcast_address) <= int(outer.broadcast_address)
    )


@FAMILY.builtin("net.cidr_contains", "string", "string", result="boolean")
def contains(cidr: str, cidr_or_ip: str) -> bool:
    """Whether a block contains an address or another block."""
    network, address = _network(cidr), _address(cidr_or_ip)
    if address is not None:
        return address in network
    try:
        inner = _network(cidr_or_ip)
    except BuiltinError:
        raise BuiltinError(
            f"not a valid textual representation of an IP address or CIDR: {cidr_or_ip}"
        ) from None
    return _holds(network, inner)


FAMILY.builtin("net.cidr_overlap", "string", "string", result="boolean", deprecated=True)(contains)


@FAMILY.builtin("net.cidr_intersects", "string", "string", result="boolean")
def intersects(a: str, b: str) -> bool:
    """Whether two blocks have an address in common."""
    first, second = _network(a), _network(b)
    return _holds(first, second) or _holds(second, first)


@FAMILY.builtin("net.cidr_is_valid", "string", result="boolean", checked=False)
def is_valid(value: Value) -> bool:
    """Whether the value is a block in CIDR notation."""
    try:
        return type(value) is str and _network(value) is not None
    except BuiltinError:
        return False


@FAMILY.builtin("net.cidr_expand", "string", result="set[string]", context=True)
def expand(context: Context, cidr: str) -> RegoSet:
    """All addresses of a block."""
    network = _network(cidr)
    context.budget.charge_elements(network.num_addresses)
    found = RegoSet()
    for address in network:
        context.budget.check_deadline()
        text = str(address)
        found.items[text] = text
    return found


_MATCHES = "string|array[string|array[any]]|set[string|array[any]]|object[any:string|array[any]]"


@FAMILY.builtin(
    "net.cidr_contains_matches",
    *(_MATCHES, _MATCHES),
    result="set[array[any]]",
    context=True,
    checked=False,
)
def contains_matches(context: Context, cidrs: Value, cidrs_or_ips: Value) -> RegoSet:
    """The pairs of an index into the one and an index into the other where the one contains it."""
    found = RegoSet()
    inner = list(_candidates(cidrs_or_ips, 2))
    for cidr, index in _candidates(cidrs, 1):
        for other, other_index in inner:
            context.budget.check_deadline()
            if contains(cidr, other):
                context.budget.charge_elements(1)
                pair = [index, other_index]
                found.items.setdefault(hash_key(pair), pair)
    return found


def _candidates(value: Value, position: int) -> Iterator[tuple[str, Value]]:
    """Each text with what it is known by: its index, its key, or itself."""
    pairs: Iterable[tuple[Value, Value]]
    if type(value) is list:
        pairs = enumerate(value)
    elif type(value) is dict:
        pairs = ((unkey(key), member) for key, member in value.items())
    elif type(value) is RegoSet:
        pairs = ((member, member) for member in value)
    else:
        pairs = [(value, value)] if type(value) is str else []
    for index, member in pairs:
        text = member[0] if type(member) is list and member else member
        if type(text) is not str:
            raise BuiltinError(f"operand {position}: element must be string or non-empty array")
        yield text, index


@dataclass(slots=True)
class _Block:
    """First and last address as numbers of IPv6, and the block's own text if it has one."""

    first: int
    last: int
    text: str


_IPV4_IN_IPV6 = 0xFFFF << 32
_CLASS_A, _CLASS_B = 128, 192


@FAMILY.builtin("net.cidr_merge", "array[string]|set[string]", result="set[string]", context=True)
def merge(context: Context, cidrs: Value) -> RegoSet:
    """The fewest blocks that cover the same addresses; a lone IPv4 address stands for its class."""
    blocks = []
    for member in cidrs:
        context.budget.check_deadline()
        blocks.append(_block(member))
    merged: list[_Block] = []
    for block in sorted(blocks, key=lambda block: (block.last, block.first)):
        while merged and block.first - 1 <= merged[-1].last:
            block = _Block(min(merged.pop().first, block.first), block.last, "")
        merged.append(block)
    return RegoSet.of(text for block in merged for text in _texts(block))


def _block(member: Value) -> _Block:
    if type(member) is not str:
        raise BuiltinError("element must be string")
    address = _address(member)
    if address is None:
        network = _network(member)
        return _numbered(network, str(network))
    if isinstance(address, IPv6Address):
        raise BuiltinError("IPv6 invalid: needs prefix length")
    prefix = 8 if address.packed[0] < _CLASS_A else 16 if address.packed[0] < _CLASS_B else 24
    return _numbered(IPv4Network((address, prefix), strict=False), f"{address}/{prefix}")


def _numbered(network: Network, text: str) -> _Block:
    base = _IPV4_IN_IPV6 if network.version == 4 else 0
    return _Block(int(network.network_address) + base, int(network.broadcast_address) + base, text)


def _texts(block: _Block) -> list[str]:
    if block.text:
        return [block.text]
    if block.first >> 32 == block.last >> 32 == _IPV4_IN_IPV6 >> 32:
        ends = IPv4Address(block.first & 0xFFFFFFFF), IPv4Address(block.last & 0xFFFFFFFF)
        return [str(network) for network in summarize_address_range(*ends)]
    range_ = summarize_address_range(IPv6Address(block.first), IPv6Address(block.last))
    return [str(network) for network in range_]
