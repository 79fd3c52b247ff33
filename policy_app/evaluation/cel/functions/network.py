"""URLs, addresses and ranges of addresses, as Kubernetes has them.

Source: https://kubernetes.io/docs/reference/using-api/cel/.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv6Address,
    IPv6Interface,
    ip_address,
    ip_interface,
)
from urllib.parse import parse_qs, quote, urlsplit

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError
from policy_app.evaluation.cel.functions.registry import overload
from policy_app.evaluation.cel.values import Cidr, Ip, Url

_LONGEST_URL = 10_000
_IN_PATHS = "/:@!$&'()*+,;=~-._%"


def _parse_url(text: str) -> Url | None:
    """An absolute URL, or an absolute path, without spaces and control characters."""
    if len(text) > _LONGEST_URL or any(ord(mark) <= 0x20 or ord(mark) == 0x7F for mark in text):
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return Url(parts) if parts.scheme or parts.path.startswith("/") else None


@overload("url", "string")
def _url(budget: Budget, text: str) -> Url:
    found = _parse_url(text)
    if found is None:
        raise CelError(f'URL parse error during conversion from string: parse "{text}"')
    return found


@overload("isURL", "string")
def _is_url(budget: Budget, text: str) -> bool:
    return _parse_url(text) is not None


@overload("getScheme", "url")
def _scheme(budget: Budget, url: Url) -> str:
    return url.parts.scheme


@overload("getHost", "url")
def _host(budget: Budget, url: Url) -> str:
    return url.parts.netloc.rpartition("@")[2]


@overload("getHostname", "url")
def _hostname(budget: Budget, url: Url) -> str:
    host = _host(budget, url)
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


@overload("getPort", "url")
def _port(budget: Budget, url: Url) -> str:
    return "" if url.parts.port is None else str(url.parts.port)


@overload("getEscapedPath", "url")
def _escaped_path(budget: Budget, url: Url) -> str:
    return quote(url.parts.path, safe=_IN_PATHS)


@overload("getQuery", "url")
def _query(budget: Budget, url: Url) -> dict[str, list[str]]:
    return parse_qs(url.parts.query, keep_blank_values=True)


def _parse_ip(text: str) -> IPv4Address | IPv6Address:
    """Raises ``ValueError``; zones and IPv4 within IPv6 are refused."""
    if "%" in text:
        raise ValueError("IP address with zone value is not allowed")
    found = ip_address(text)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        raise ValueError("IPv4-mapped IPv6 address is not allowed")
    return found


def _parse_cidr(text: str) -> IPv4Interface | IPv6Interface:
    """Raises ``ValueError``; the prefix is a length and no mask."""
    address, slash, length = text.partition("/")
    if not slash or not (length.isascii() and length.isdigit()):
        raise ValueError("no '/' and length of the prefix")
    _parse_ip(address)
    return ip_interface(text)


@overload("ip", "string")
def _ip(budget: Budget, text: str) -> Ip:
    try:
        return Ip(_parse_ip(text))
    except ValueError:
        raise CelError(f'IP Address "{text}" parse error during conversion from string') from None


@overload("isIP", "string")
def _is_ip(budget: Budget, text: str) -> bool:
    try:
        _parse_ip(text)
    except ValueError:
        return False
    return True


@overload("ip.isCanonical", "string")
def _is_canonical(budget: Budget, text: str) -> bool:
    return str(_ip(budget, text).address) == text


@overload("family", "ip")
def _family(budget: Budget, value: Ip) -> int:
    return value.address.version


@overload("isUnspecified", "ip")
def _is_unspecified(budget: Budget, value: Ip) -> bool:
    return value.address.is_unspecified


@overload("isLoopback", "ip")
def _is_loopback(budget: Budget, value: Ip) -> bool:
    return value.address.is_loopback


@overload("isLinkLocalMulticast", "ip")
def _is_link_local_multicast(budget: Budget, value: Ip) -> bool:
    ranges = "224.0.0.0/24" if value.address.version == 4 else "ff02::/16"
    return value.address in ip_interface(ranges).network


@overload("isLinkLocalUnicast", "ip")
def _is_link_local_unicast(budget: Budget, value: Ip) -> bool:
    return value.address.is_link_local


@overload("isGlobalUnicast", "ip")
def _is_global_unicast(budget: Budget, value: Ip) -> bool:
    address = value.address
    special = address.is_unspecified or address.is_loopback or address.is_multicast
    return not (special or address.is_link_local or str(address) == "255.255.255.255")


@overload("string", "ip")
def _string_of_ip(budget: Budget, value: Ip) -> str:
    return str(value.address)


@overload("cidr", "string")
def _cidr(budget: Budget, text: str) -> Cidr:
    try:
        return Cidr(_parse_cidr(text))
    except ValueError:
        raise CelError(
            f'network address parse error during conversion from string: "{text}"'
        ) from None


@overload("isCIDR", "string")
def _is_cidr(budget: Budget, text: str) -> bool:
    try:
        _parse_cidr(text)
    except ValueError:
        return False
    return True


@overload("containsIP", "cidr", "ip")
def _contains_ip(budget: Budget, outer: Cidr, inner: Ip) -> bool:
    return inner.address in outer.interface.network


@overload("containsIP", "cidr", "string")
def _contains_ip_text(budget: Budget, outer: Cidr, inner: str) -> bool:
    return _contains_ip(budget, outer, _ip(budget, inner))


@overload("containsCIDR", "cidr", "cidr")
def _contains_cidr(budget: Budget, outer: Cidr, inner: Cidr) -> bool:
    network, within = outer.interface.network, inner.interface.network
    return within.network_address in network and within.prefixlen >= network.prefixlen


@overload("containsCIDR", "cidr", "string")
def _contains_cidr_text(budget: Budget, outer: Cidr, inner: str) -> bool:
    return _contains_cidr(budget, outer, _cidr(budget, inner))


@overload("ip", "cidr")
def _ip_of_cidr(budget: Budget, value: Cidr) -> Ip:
    return Ip(value.interface.ip)


@overload("prefixLength", "cidr")
def _prefix_length(budget: Budget, value: Cidr) -> int:
    return value.interface.network.prefixlen


@overload("masked", "cidr")
def _masked(budget: Budget, value: Cidr) -> Cidr:
    return Cidr(ip_interface(str(value.interface.network)))


@overload("string", "cidr")
def _string_of_cidr(budget: Budget, value: Cidr) -> str:
    return str(value.interface)
