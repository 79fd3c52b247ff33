"""Providers of external data, asked over HTTPS where the operator allows their hosts.

By default no host is allowed: a provider is then known, and its answer is Gatekeeper's system
error that says why nobody was asked.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from policy_app.evaluation.gatekeeper.external_data import (
    ExternalDataBuiltin,
    Provider,
    ProviderResource,
    request_body,
    response_of,
)
from policy_app.services.outbound import Limits, Outbound

MOST_SECONDS = 10
"""No provider is waited for any longer, whatever its ``timeout`` says: someone is waiting."""
MOST_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class HttpsProvider:
    """A provider behind the URL of its resource."""

    resource: ProviderResource
    hosts: tuple[str, ...] = ()
    """The hosts that the operator allows."""
    allow_private: bool = False

    def __call__(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """The provider's response.

        Raises ``OutboundError`` where it may not be asked or does not answer in time, and
        ``ValueError`` where it answers with something else.
        """
        out = Outbound(
            self.hosts,
            allow_private=self.allow_private,
            trusted=self.resource.ca_bundle,
            minimum_tls=ssl.TLSVersion.TLSv1_3,
        )
        limits = Limits(min(self.resource.timeout, MOST_SECONDS), MOST_BYTES)
        body = request_body(keys)
        return response_of(out.post(self.resource.url, body, "application/json", limits))


def providers(resources: Iterable[ProviderResource]) -> dict[str, Provider]:
    """The providers by name, as the settings allow them; mutators take them as they are."""
    hosts = tuple(settings.PROVIDER_HOSTS)
    return {
        one.name: HttpsProvider(one, hosts, settings.PROVIDERS_MAY_BE_PRIVATE) for one in resources
    }


def builtin(resources: Iterable[ProviderResource]) -> ExternalDataBuiltin:
    """What answers ``external_data`` in Rego.

    The same resources under the same settings give the same object, so that what it keeps of the
    answers outlives a request.
    """
    asked = providers(resources)
    return _kept(tuple(sorted(asked.items())), settings.PROVIDER_CACHE_SECONDS)


@lru_cache(maxsize=16)
def _kept(asked: tuple[tuple[str, Provider], ...], seconds: int) -> ExternalDataBuiltin:
    return ExternalDataBuiltin(dict(asked), cache_seconds=seconds)
