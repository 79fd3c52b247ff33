"""The cases of a test suite that is being collected: they go with the form, in a field each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from django.http import QueryDict

from policy_app.services.authoring import suites
from policy_app.services.authoring.suites import Case
from policy_app.services.errors import PolicyError

FIELD = "case"
_TYPES = {"name": str, "manifest": str, "parameters": dict, "expected": dict}


def read(data: QueryDict) -> list[Case]:
    """The cases that a form carries, without the one that is to be dropped (``drop``).

    Raises ``PolicyError`` where a field is not what this page has put into it.
    """
    dropped = data.get("drop", "")
    cases = [_case(text) for text in data.getlist(FIELD)]
    return [case for number, case in enumerate(cases) if str(number) != dropped]


def written(case: Case) -> str:
    """A case as the form carries it."""
    return json.dumps(asdict(case), ensure_ascii=False)


def _case(text: str) -> Case:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(_sound(found)):
        text = "A case of the suite is not as it was added: add it again."
        raise PolicyError("InvalidCase", text, target=suites.NAME)
    return Case(**{name: found[name] for name in _TYPES})


def _sound(found: Mapping[str, Any]) -> Iterator[bool]:
    yield from (isinstance(found.get(name), kind) for name, kind in _TYPES.items())
    for messages in (found.get("expected") or {}).values():
        yield isinstance(messages, list) and all(isinstance(one, str) for one in messages)
