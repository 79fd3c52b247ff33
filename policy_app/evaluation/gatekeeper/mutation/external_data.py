"""Values that an external data provider gives, which are asked for all at once at the end.

While mutators run, a placeholder stands where the value will be.  Source: external data of
Gatekeeper's mutation, and ``externaldata.gatekeeper.sh``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.gatekeeper.errors import MutationError
from policy_app.evaluation.gatekeeper.external_data import Provider

USERNAME = "Username"
VALUE_AT_LOCATION = "ValueAtLocation"
DATA_SOURCES = (VALUE_AT_LOCATION, USERNAME)

FAIL = "Fail"
IGNORE = "Ignore"
USE_DEFAULT = "UseDefault"
FAILURE_POLICIES = (FAIL, IGNORE, USE_DEFAULT)


@dataclass(frozen=True, slots=True)
class ExternalData:
    """What to ask, and what to do where there is no answer."""

    provider: str
    data_source: str = VALUE_AT_LOCATION
    failure_policy: str = FAIL
    default: str = ""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value to be: the answer to a key."""

    source: ExternalData
    key: str = ""


@dataclass(slots=True)
class Resolver:
    """Answers from the providers, for every placeholder of a value."""

    providers: Mapping[str, Provider]
    _answers: dict[Placeholder, str] = field(default_factory=dict)

    def ask(self, value: Any) -> None:
        """Ask each provider once for everything that the value waits for.

        Raises ``MutationError`` for the answers that failed and may not.
        """
        waiting: dict[str, list[Placeholder]] = {}
        for found in _placeholders(value):
            waiting.setdefault(found.source.provider, []).append(found)
        faults: list[str] = []
        for name, placeholders in waiting.items():
            self._ask_one(name, list(dict.fromkeys(placeholders)), faults)
        if faults:
            shown = ", ".join(dict.fromkeys(faults))
            raise MutationError(f"failed to resolve external data placeholders: {shown}")

    def resolved(self, value: Any) -> Any:
        """A copy with its placeholders replaced; those not asked about stand for their key.

        The copy shares no object or list with the value, nor any two of its parts with each other.
        """
        if isinstance(value, Placeholder):
            return self._answers.get(value, value.key)
        if isinstance(value, dict):
            return {key: self.resolved(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.resolved(inner) for inner in value]
        return value

    def _ask_one(self, name: str, placeholders: list[Placeholder], faults: list[str]) -> None:
        try:
            items = _items(name, self._answer(name, placeholders))
        except MutationError as error:
            items, problem = {}, error.message
        else:
            problem = f"failed to find external data item in response for provider {name}"
        for one in placeholders:
            value, fault = _value(name, items.get(one.key), problem)
            if fault and one.source.failure_policy == FAIL:
                faults.append(fault)
            elif fault:
                ignored = one.source.failure_policy == IGNORE
                self._answers[one] = one.key if ignored else one.source.default
            else:
                self._answers[one] = value

    def _answer(self, name: str, placeholders: list[Placeholder]) -> Mapping[str, Any]:
        provider = self.providers.get(name)
        if provider is None:
            raise MutationError(f"failed to get external data provider {name}: it is not known")
        try:
            return provider(sorted({one.key for one in placeholders}))
        except (OSError, ValueError) as error:
            raise MutationError(
                f"failed to send external data request to provider {name}: {error}"
            ) from None


def _placeholders(value: Any) -> Iterator[Placeholder]:
    if isinstance(value, Placeholder):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _placeholders(inner)


def _items(name: str, response: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    problem = ""
    if str(response.get("systemError") or "").strip():
        problem = f"non-empty system error: {response['systemError']}"
    elif response.get("idempotent") is not True:
        problem = "non-idempotent response"
    if problem:
        raise MutationError(
            f"failed to validate external data response from provider {name}: {problem}"
        )
    return {str(item.get("key")): item for item in response.get("items") or ()}


def _value(name: str, item: Mapping[str, Any] | None, problem: str) -> tuple[str, str]:
    """A value, or else what is wrong with it."""
    if item is None:
        return "", problem
    if item.get("error"):
        fault = f"failed to retrieve external data item from provider {name}: {item['error']}"
        return "", fault
    value = item.get("value")
    if not isinstance(value, str):
        return "", f"failed to convert external data item value from provider {name} to string"
    return value, ""
