"""What Gatekeeper does with a write (to be completed)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.services.cluster.caller import Caller, WriteOptions
from policy_app.services.cluster.store import Writer


@dataclass(frozen=True, slots=True)
class Request:
    """One write as admission sees it."""

    kind: Kind
    operation: str
    caller: Caller
    object: Object | None = None
    old_object: Mapping[str, Any] | None = None
    subresource: str = ""
    dry_run: bool = False
    options: WriteOptions | None = None


def mutate(writer: Writer, request: Request) -> Object:
    assert request.object is not None
    return request.object


def judge(writer: Writer, request: Request, complete: Object | None) -> tuple[str, ...]:
    return ()
