"""External data: what policies ask of providers that stand outside of Gatekeeper.

A ``Provider`` resource says where a provider is; a ``Provider`` callable asks it, and whoever
embeds this module brings that, since nothing here opens a connection.  Source: ``externaldata``
and the ``external_data`` builtin of the constraint framework, whose texts are used.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from policy_app.evaluation.gatekeeper.errors import ProviderError
from policy_app.evaluation.gatekeeper.reading import Fields
from policy_app.evaluation.gatekeeper.scopes import split_api_version

GROUP = "externaldata.gatekeeper.sh"
KIND = "Provider"
VERSIONS = ("v1beta1", "v1alpha1")
RESPONSE_KIND = "ProviderResponse"
CACHE_SECONDS = 180.0
"""How long Gatekeeper's Rego driver keeps what a provider said about a key."""

_SPEC_FIELDS = frozenset({"url", "timeout", "caBundle"})
_OK, _BAD_REQUEST, _FAILED = 200, 400, 500
_MOST_KEPT = 10_000


class Provider(Protocol):
    """A provider, by the name of its ``Provider`` resource."""

    def __call__(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """The ``response`` of a ``ProviderResponse``: ``{idempotent, items, systemError}``.

        Each of the items is ``{key, value, error}``.  May raise ``OSError`` or ``ValueError``
        where the provider cannot be reached, or answers with something else.
        """


@dataclass(frozen=True, slots=True)
class ProviderResource:
    """A checked ``Provider`` resource: where a provider is, and how to ask it."""

    name: str
    url: str
    ca_bundle: str
    """The certificates (PEM) that vouch for the provider; no others do."""
    timeout: int = 0
    """Seconds until an answer must have come; Gatekeeper takes 0 for no time at all."""

    @classmethod
    def parse(cls, value: Any) -> ProviderResource:
        """Read a ``Provider`` resource.  Raises ``ProviderError`` with the field at fault."""
        if not isinstance(value, Mapping) or not is_provider(value):
            raise ProviderError(
                f"this is no {KIND} of {GROUP} in one of the versions {', '.join(VERSIONS)}",
                path="apiVersion",
            )
        whole = Fields(value, error=ProviderError)
        spec = whole.child("spec")
        for name in spec.values:
            if name not in _SPEC_FIELDS:
                raise ProviderError(f'unknown field "spec.{name}"', path=spec.at(name))
        url = spec.text("url")
        return cls(_name(whole.child("metadata")), *_checked(url, spec), timeout=_timeout(spec))


def is_provider(value: Mapping[str, Any]) -> bool:
    """Whether a Kubernetes object is a provider."""
    group, version = split_api_version(value.get("apiVersion"))
    return group == GROUP and version in VERSIONS and value.get("kind") == KIND


def request_body(keys: Iterable[str]) -> bytes:
    """The ``ProviderRequest`` to send to a provider's URL, as JSON."""
    request = {
        "apiVersion": f"{GROUP}/{VERSIONS[0]}",
        "kind": "ProviderRequest",
        "request": {"keys": list(keys)},
    }
    return json.dumps(request).encode()


def response_of(body: bytes) -> dict[str, Any]:
    """The ``response`` of a ``ProviderResponse``, as ``Provider`` gives it.

    Raises ``ValueError`` for what is no such document.
    """
    problem = "failed to unmarshal external data response"
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{problem}: {error}") from None
    response = document.get("response") if isinstance(document, dict) else None
    if not isinstance(response, dict) or document.get("kind", RESPONSE_KIND) != RESPONSE_KIND:
        raise ValueError(f"{problem}: it is no {RESPONSE_KIND} with a response")
    items = response.get("items") or []
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise ValueError(f"{problem}: response.items must be a list of objects")
    return response | {"items": items}


class _Key(NamedTuple):
    provider: str
    key: str


class _Kept(NamedTuple):
    item: Mapping[str, Any]
    until: float


@dataclass(slots=True)
class ExternalDataBuiltin:
    """The ``external_data`` builtin of Rego, with the cache of Gatekeeper's driver.

    Call it with ``{provider, keys}``; it gives ``{responses, errors, status_code,
    system_error}`` and never fails: a provider that is unknown or cannot be reached is told in
    ``system_error``, for the policy to judge.  Safe to use from several threads.
    """

    providers: Mapping[str, Provider] = field(default_factory=dict)
    cache_seconds: float = CACHE_SECONDS
    """How long answers are kept; 0 keeps none."""
    clock: Callable[[], float] = time.monotonic
    _kept: dict[_Key, _Kept] = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __call__(self, request: Any) -> dict[str, Any]:
        """What the provider answers; see the class."""
        asked = _request(request)
        if isinstance(asked, str):
            return _failure(_BAD_REQUEST, asked)
        name, keys = asked
        known = {key: item for key in keys if (item := self._item(_Key(name, key))) is not None}
        missing = [key for key in keys if key not in known]
        items = [known[key] for key in keys if key in known]
        if not missing:
            return _answer(items, 0, "")
        provider = self.providers.get(name)
        if provider is None:
            return _failure(_BAD_REQUEST, "key is not found in provider cache")
        try:
            response = provider(missing)
        except (OSError, ValueError) as error:
            return _failure(_FAILED, f"failed to send external data request: {error}")
        fresh = list(response.get("items") or ())
        self._keep(name, fresh)
        return _answer([*items, *fresh], _OK, str(response.get("systemError") or ""))

    def _item(self, key: _Key) -> Mapping[str, Any] | None:
        with self._lock:
            found = self._kept.get(key)
        return found.item if found is not None and self.clock() < found.until else None

    def _keep(self, name: str, items: Iterable[Mapping[str, Any]]) -> None:
        if self.cache_seconds <= 0:
            return
        now = self.clock()
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept = {key: one for key, one in self._kept.items() if now < one.until}
            for item in items:
                if isinstance(item.get("key"), str) and len(self._kept) < _MOST_KEPT:
                    self._kept[_Key(name, item["key"])] = _Kept(item, now + self.cache_seconds)


def _request(request: Any) -> tuple[str, list[str]] | str:
    """The provider and the keys that are asked for, or what is wrong with the question."""
    given = request if isinstance(request, Mapping) else {}
    name, keys = given.get("provider", ""), given.get("keys") or []
    if not isinstance(name, str):
        return "provider must be a string"
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return "keys must be a list of strings"
    return name, keys


def _answer(items: Iterable[Mapping[str, Any]], status: int, system_error: str) -> dict[str, Any]:
    responses: list[list[Any]] = []
    errors: list[list[Any]] = []
    for item in items:
        if item.get("error"):
            errors.append([item.get("key"), item["error"]])
        else:
            responses.append([item.get("key"), item.get("value")])
    return {
        "responses": responses,
        "errors": errors,
        "status_code": status,
        "system_error": system_error,
    }


def _failure(status: int, problem: str) -> dict[str, Any]:
    return {"responses": None, "errors": None, "status_code": status, "system_error": problem}


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _name(metadata: Fields) -> str:
    name = metadata.text("name")
    if not name:
        raise ProviderError("provider name can not be empty. value ", path="metadata.name")
    return name


def _timeout(spec: Fields) -> int:
    timeout = spec.values.get("timeout")
    timeout = 0 if timeout is None else timeout
    if not isinstance(timeout, int) or isinstance(timeout, bool) or timeout < 0:
        raise ProviderError(
            f"provider timeout should be a positive integer. value: {timeout}",
            path="spec.timeout",
        )
    return timeout


def _checked(url: str, spec: Fields) -> tuple[str, str]:
    """The URL, and the certificates in PEM.  Raises ``ProviderError``."""
    if not url:
        raise ProviderError(f"invalid provider url. value: {url}", path="spec.url")
    try:
        scheme = urlsplit(url).scheme
    except ValueError as error:
        raise ProviderError(
            f"invalid provider url. value: {url}: {error}", path="spec.url"
        ) from None
    if scheme != "https":
        raise ProviderError("only HTTPS scheme is supported for Providers", path="spec.url")
    bundle = spec.text("caBundle")
    if not bundle:
        raise ProviderError("caBundle should be set for HTTPS scheme", path="spec.caBundle")
    return url, _certificates(bundle)


def _certificates(bundle: str) -> str:
    # A large library, which only those need who have providers.
    from cryptography import x509

    path = "spec.caBundle"
    try:
        pem = base64.b64decode(bundle, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProviderError(f"failed to base64 decode caBundle: {error}", path=path) from None
    if b"-----BEGIN" not in pem:
        raise ProviderError("bad caBundle", path=path)
    try:
        x509.load_pem_x509_certificates(pem)
        return pem.decode("ascii")
    except ValueError as error:
        raise ProviderError(f"failed to parse caBundle: {error}", path=path) from None
