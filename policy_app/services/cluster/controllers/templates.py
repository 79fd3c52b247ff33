"""Pod templates: whether two say the same, and a short name for what one says.

Source: ``EqualIgnoreHash`` of the deployment controller, which compares decoded templates.  A
client that decodes and encodes one, as ``kubectl rollout undo`` does, leaves out what is empty or
false and writes quantities in another form; here the same is left out of the comparison.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery import quantities

HASH_LABEL = "pod-template-hash"
_HASH_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
# Fields that are no pointers in Kubernetes' types, so that false and nothing are one.
_FALSE_IS_NOTHING = frozenset(
    {"hostNetwork", "hostPID", "hostIPC", "readOnly", "stdin", "stdinOnce", "tty"}
)
_QUANTITIES = frozenset({"limits", "requests"})


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two templates make the same Pods; the label of their hash does not count."""
    return bool(_comparable(one) == _comparable(other))


def template_hash(template: Mapping[str, Any]) -> str:
    """A short name for what a template says, in letters that no word comes out of."""
    text = json.dumps(_comparable(template), sort_keys=True)
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(_HASH_LETTERS[byte % len(_HASH_LETTERS)] for byte in digest[:10])


def with_labels(template: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """A template whose Pods have more labels."""
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    return {**template, "metadata": metadata}


def without_hash(template: Mapping[str, Any]) -> dict[str, Any]:
    """A template without the label of its hash."""
    metadata = dict(template.get("metadata") or {})
    labels = dict(metadata.get("labels") or {})
    labels.pop(HASH_LABEL, None)
    return {**template, "metadata": {**metadata, "labels": labels}}


def _comparable(template: Mapping[str, Any]) -> Any:
    return _plain(without_hash(template), "") or {}


def _plain(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        if key in _QUANTITIES:
            return {name: _amount(each) for name, each in value.items()}
        kept = {name: _plain(each, name) for name, each in value.items()}
        return {name: each for name, each in kept.items() if not _is_nothing(name, each)}
    if isinstance(value, list):
        return [_plain(each, "") for each in value]
    return value


def _is_nothing(name: str, value: Any) -> bool:
    return value in (None, "", [], {}) or (value is False and name in _FALSE_IS_NOTHING)


def _amount(value: Any) -> str:
    """A quantity by its amount; what is none stays as it is written."""
    found = quantities.number(value)
    return str(value) if found is None else str(found.normalize())
