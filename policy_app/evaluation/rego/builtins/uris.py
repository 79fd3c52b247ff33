"""URIs, taken apart as Go's ``net/url`` does it."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from policy_app.evaluation.rego.builtins.core import BuiltinError, Family, limit_error
from policy_app.evaluation.rego.builtins.text import from_bytes, utf8
from policy_app.evaluation.rego.values import Value

FAMILY = Family("uris")

MAX_LENGTH = 100_000

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_USER = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_HOST = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"]|[^\x00-\x7f]|%[89A-Fa-f][0-9A-Fa-f])*")
_PORT = re.compile(r"(?::[0-9]*)?")
_UNESCAPED_IN_PATHS = "$&+,/:;=@"


def _unescaped(text: str) -> str:
    bad = _BAD_ESCAPE.search(text)
    if bad is not None:
        raise BuiltinError(f'invalid URL escape "{bad[0]}"')
    return from_bytes(unquote_to_bytes(utf8(text)))


def parts(text: str) -> dict[str, str]:
    """The parts that are there; raises ``BuiltinError`` where the text is no URI."""
    if len(text) > MAX_LENGTH:
        raise limit_error(f"a URI is longer than {MAX_LENGTH} characters")
    if _CONTROL.search(text):
        raise BuiltinError("net/url: invalid control character in URL")
    rest, _, fragment = text.partition("#")
    scheme = _SCHEME.match(rest)
    if rest.startswith(":"):
        raise BuiltinError("missing protocol scheme")
    name = scheme[1].lower() if scheme else ""
    rest = rest[scheme.end() :] if scheme else rest
    rest, _, query = rest.partition("?")
    host, port, path = _located(name, rest)
    found = {
        "scheme": name,
        "hostname": host,
        "port": port,
        "path": _unescaped(path),
        "raw_query": query,
        "fragment": _unescaped(fragment),
    }
    if path:
        is_usual = quote(utf8(found["path"]), safe=_UNESCAPED_IN_PATHS) == path
        found["raw_path"] = found["path"] if is_usual else path
    return {field: value for field, value in found.items() if value}


def _located(scheme: str, rest: str) -> tuple[str, str, str]:
    """Host, port and path of what stands between the scheme and the query."""
    if scheme and not rest.startswith("/"):
        return "", "", ""  # Opaque, as in `mailto:me@example.org`.
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        return (*_host_and_port(authority), slash + path)
    if not rest.startswith("/") and ":" in rest.partition("/")[0]:
        raise BuiltinError("first path segment in URL cannot contain colon")
    return "", "", rest


def _host_and_port(authority: str) -> tuple[str, str]:
    user, at, host = authority.rpartition("@")
    if at and not _USER.fullmatch(user):
        raise BuiltinError("net/url: invalid userinfo")
    if host.startswith("["):
        inner, bracket, port = host[1:].rpartition("]")
        if not bracket:
            raise BuiltinError("missing ']' in host")
        # A zone is the only place where %25 stands in a host.
        address, zone, name = inner.partition("%25")
        inner = address + (f"%{_unescaped(name)}" if zone else "")
        plain = address
    else:
        inner, colon, port = host.rpartition(":")
        inner, port = (inner, f":{port}") if colon else (port, "")
        plain = inner
    if not _PORT.fullmatch(port):
        raise BuiltinError(f'invalid port "{port}" after host')
    if not _HOST.fullmatch(plain):
        raise BuiltinError(f'invalid character in host name "{plain}"')
    return (inner if host.startswith("[") else _unescaped(inner)), port[1:]


@FAMILY.builtin("uri.parse", "string", result="object[string:string]")
def parse(text: str) -> dict[str, str]:
    """The parts that a URI has, as text; ``raw_path`` is the path as it was written."""
    return parts(text)


@FAMILY.builtin("uri.is_valid", "string", result="boolean", checked=False)
def is_valid(value: Value) -> bool:
    """Whether the value is a URI; an empty text is none."""
    if type(value) is not str or not value:
        return False
    try:
        parts(value)
    except BuiltinError:
        return False
    return True
