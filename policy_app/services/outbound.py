"""The one way out: HTTPS to hosts that the operator allows, within bounds.

Nothing here is on by default: without allowed hosts every request is refused before a name is
looked up.  A request goes to an address that was looked up once and found fit, so that a name
cannot point elsewhere between the check and the connection (DNS rebinding); proxies of the
environment are not used, since they would look the name up for themselves.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

HTTPS_PORT = 443
MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65_536


class OutboundError(OSError):
    """A request that was not answered; the message says why, and names the host."""


class OutboundRefusedError(OutboundError):
    """A request that was not made, since it would lead where the operator did not allow it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may take."""

    seconds: float = 5.0
    """From the call to the last byte of the answer, redirects included.

    Time for looking a name up counts too, though only the system's resolver can end that.
    """
    most_bytes: int = 1_048_576
    """How long the body of an answer may be."""


DEFAULT_LIMITS = Limits()


class _Target(NamedTuple):
    """Where a URL leads, checked."""

    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """The host as messages name it."""
        return self.host if self.port == HTTPS_PORT else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Outbound:
    """A client for the allowed hosts.  Safe to use from several threads.

    ``hosts`` are names such as ``store.example.org``, which stands for port 443, or
    ``data.example.org:8443``; there are no wildcards.  An address that is not public (private,
    loopback, link-local, shared, reserved) is refused unless ``allow_private``.
    """

    hosts: Sequence[str] = ()
    allow_private: bool = False
    trusted: str = ""
    """Certificates (PEM) to trust instead of the system's; empty for the system's."""
    minimum_tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    _allowed: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_allowed", frozenset(map(_named, self.hosts)))

    def get(self, url: str, limits: Limits = DEFAULT_LIMITS) -> bytes:
        """The body at a URL.  Redirects are followed within the same host and port only.

        Raises ``OutboundRefusedError`` where the URL may not be asked, and ``OutboundError``
        where it does not answer with HTTP 200 within the limits.
        """
        deadline = time.monotonic() + limits.seconds
        for _ in range(MOST_REDIRECTS + 1):
            target = self.check(url)
            answer = self._ask(target, "GET", None, {}, limits, deadline)
            if answer.location is None:
                return answer.body
            url = _followed(url, target, answer.location)
        raise OutboundRefusedError(f"{target.origin} redirects more than {MOST_REDIRECTS} times")

    def post(
        self, url: str, body: bytes, content_type: str, limits: Limits = DEFAULT_LIMITS
    ) -> bytes:
        """The body of the answer to a POST, which is never redirected.  Raises as ``get`` does."""
        target = self.check(url)
        deadline = time.monotonic() + limits.seconds
        headers = {"Content-Type": content_type}
        answer = self._ask(target, "POST", body, headers, limits, deadline)
        if answer.location is not None:
            raise OutboundRefusedError(f"{target.origin} redirects a POST, which is not followed")
        return answer.body

    def check(self, url: str) -> _Target:
        """Where a URL leads, as far as that shows without asking.

        Raises ``OutboundRefusedError`` for anything but an https URL of an allowed host.
        """
        target = _target(url)
        if target.origin not in self._allowed:
            raise OutboundRefusedError(f"{target.origin} is not among the hosts that are allowed")
        return target

    def _ask(
        self,
        target: _Target,
        method: str,
        body: bytes | None,
        headers: Mapping[str, str],
        limits: Limits,
        deadline: float,
    ) -> _Answer:
        connection = _Connection(target, self._addresses(target), self._context(), deadline)
        try:
            with _Watch(connection, deadline):
                connection.request(method, target.path, body=body, headers={**_HEADERS, **headers})
                answer = _answer(target, connection.getresponse(), limits)
            # A connection that was cut looks like one that came to its end.
            if time.monotonic() < deadline:
                return answer
            problem = "timed out"
        except OutboundError:
            raise
        except (OSError, http.client.HTTPException) as error:
            problem = str(error) or type(error).__name__
        finally:
            connection.close()
        if time.monotonic() >= deadline:
            problem = f"no whole answer within {limits.seconds:g} s"
        raise OutboundError(f"{target.origin}: {problem}")

    def _addresses(self, target: _Target) -> list[str]:
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise OutboundError(f"{target.origin}: the name cannot be looked up: {error}") from None
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        if not self.allow_private:
            for address in addresses:
                if not is_public(address):
                    raise OutboundRefusedError(
                        f"{target.origin} leads to {address}, which is no public address"
                    )
        return addresses

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cadata=self.trusted or None)
        except (ssl.SSLError, ValueError) as error:
            raise OutboundError(f"the trusted certificates cannot be read: {error}") from None
        context.minimum_version = self.minimum_tls
        return context


_HEADERS = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "policy-portal"}


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's, and no detour to another one.

    IPv6 addresses that carry an IPv4 address (mapped, 6to4, Teredo, NAT64) count as that one.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = _carried(parsed)
        if inner is not None:
            return is_public(str(inner))
        if parsed in _LOCAL_NAT64:
            return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
"""Where a network translates as it likes (RFC 8215); older Pythons call it global."""


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _target(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        host, port = _host(parts), parts.port or HTTPS_PORT
    except ValueError:
        raise OutboundRefusedError(f"{url!r} is no URL") from None
    if parts.scheme != "https":
        raise OutboundRefusedError(f"only https is spoken, and {url!r} is not")
    if not host or parts.username is not None or parts.password is not None:
        raise OutboundRefusedError(f"{url!r} must name a host, and no user")
    path = parts.path or "/"
    whole = f"{path}?{parts.query}" if parts.query else path
    if any(character <= " " or character >= "\x7f" for character in whole):
        raise OutboundRefusedError(f"{url!r} has characters that a URL must escape")
    return _Target(host, port, whole)


def _host(parts: SplitResult) -> str:
    """The host in lower case and in ASCII; raises ``ValueError`` for a name that is none."""
    host = (parts.hostname or "").rstrip(".")
    return host if ":" in host else host.encode("idna").decode("ascii").lower()


def _named(host: str) -> str:
    """An allowed host as ``_Target.origin`` writes it; one that is no host allows nothing."""
    try:
        return _target(f"https://{host}").origin
    except OutboundRefusedError:
        return ""


def _followed(url: str, target: _Target, location: str) -> str:
    found = urljoin(url, location)
    if _target(found).origin != target.origin:
        raise OutboundRefusedError(f"{target.origin} redirects elsewhere, which is not followed")
    return found


class _Answer(NamedTuple):
    """The body of an answer, or where it sends to."""

    body: bytes
    location: str | None = None


def _answer(target: _Target, response: http.client.HTTPResponse, limits: Limits) -> _Answer:
    location = response.getheader("Location")
    if response.status in _REDIRECTS and location:
        return _Answer(b"", location)
    if response.status != http.client.OK:
        raise OutboundError(f"{target.origin} answers with HTTP {response.status}")
    if response.getheader("Content-Encoding", "identity") != "identity":
        raise OutboundError(f"{target.origin} answers in an encoding that was not asked for")
    body = bytearray()
    while chunk := response.read(_CHUNK):
        body += chunk
        if len(body) > limits.most_bytes:
            raise OutboundError(f"{target.origin} answers with more than {limits.most_bytes} bytes")
    if response.length:
        raise OutboundError(f"{target.origin} ends {response.length} bytes before its answer does")
    return _Answer(bytes(body))


class _Connection(http.client.HTTPSConnection):
    """A connection to addresses that were looked up before, under the name of the host."""

    def __init__(
        self, target: _Target, addresses: Sequence[str], context: ssl.SSLContext, deadline: float
    ) -> None:
        super().__init__(target.host, target.port, context=context)
        self._addresses = addresses
        self._tls = context
        self._deadline = deadline
        self.open_socket: ssl.SSLSocket | None = None
        """Kept, since ``sock`` is let go as soon as the answer has begun."""

    def connect(self) -> None:
        """Try the addresses in turn, and then speak TLS with the host's own name."""
        problem: OSError = OSError("the name has no address")
        for address in self._addresses:
            try:
                plain = socket.create_connection((address, self.port), self._left())
            except OSError as error:
                problem = error
                continue
            plain.settimeout(self._left())
            self.sock = self.open_socket = self._tls.wrap_socket(
                plain, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.open_socket.do_handshake()
            return
        raise problem

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


class _Watch:
    """Cuts the connection at the deadline: a socket's own timeout counts from byte to byte."""

    def __init__(self, connection: _Connection, deadline: float) -> None:
        self._connection = connection
        self._timer = threading.Timer(max(deadline - time.monotonic(), 0), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        sock = self._connection.open_socket
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
