"""What every PUT and PATCH asks of its body."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from policy_app.services.errors import PolicyError


def json_object(body: Any, field: str = "properties") -> dict[str, Any]:
    """The body itself, where it is a JSON object that has something in it, as ``field``."""
    if isinstance(body, dict) and body:
        return body
    raise PolicyError(
        "InvalidRequestContent",
        f'The request content must be a JSON object with "{field}".',
    )


def refuse_another_identity(body: Mapping[str, Any], own: Mapping[str, str]) -> None:
    """A body may repeat what the address says, as one that was read before does.

    ``own`` has what the address says, by the path of the field (``properties.scope``).
    """
    for path, expected in own.items():
        sent: Any = body
        for name in path.split("."):
            sent = sent.get(name) if isinstance(sent, Mapping) else None
        if sent is None or (isinstance(sent, str) and _same(sent, expected)):
            continue
        raise PolicyError(
            "InvalidRequestContent",
            f"'{path}' is {sent!r} and the request's address says '{expected}'; leave it out or"
            " make them equal.",
            target=path,
        )


def refuse_what_put_changes(
    body: Mapping[str, Any], outer: Collection[str], inner: Collection[str]
) -> None:
    """PATCH changes the fields ``outer`` of a resource, and ``inner`` of its properties."""
    properties = body.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise PolicyError(
            "InvalidRequestContent", "'properties' must be an object.", target="properties"
        )
    others = [name for name in body if name not in (*outer, "properties")]
    others += [f"properties.{name}" for name in properties or {} if name not in inner]
    if not others:
        return
    known = [*outer, *(f"properties.{name}" for name in inner)]
    raise PolicyError(
        "InvalidRequestContent",
        f"PATCH cannot change {', '.join(others)}: it changes {', '.join(known[:-1])} and"
        f" {known[-1]}. Use PUT for the rest.",
        target=others[0],
    )


def _same(one: str, other: str) -> bool:
    return one.rstrip("/").lower() == other.rstrip("/").lower()
