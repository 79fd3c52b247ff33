"""Who asks a cluster's API, and how a write is to be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.apimachinery.kinds import Kind, Subresource
from policy_app.apimachinery.objects import Object

MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"
_ACCOUNTS = "system:serviceaccounts"


@dataclass(frozen=True, slots=True)
class Caller:
    """A user as ``userInfo`` of an admission review names one."""

    username: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def controller(cls, name: str) -> Caller:
        """One of the cluster's own controllers, which runs as a service account of kube-system."""
        groups = (_ACCOUNTS, f"{_ACCOUNTS}:kube-system", AUTHENTICATED)
        return cls(f"system:serviceaccount:kube-system:{name}", groups)

    def to_object(self) -> dict[str, Any]:
        """``userInfo``; what is empty is left out."""
        info = {
            "username": self.username,
            "uid": self.uid,
            "groups": list(self.groups),
            "extra": dict(self.extra),
        }
        return {key: value for key, value in info.items() if value}


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about: a kind, a namespace, a name where there is one, a subresource."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: Subresource | None = None

    @property
    def below(self) -> str:
        """The subresource's name, or nothing."""
        return self.subresource.name if self.subresource else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a write answers: the object, warnings for the client, and whether it is new."""

    object: Object
    warnings: tuple[str, ...] = ()
    created: bool = False


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """The options of create, update and patch, as their query says them."""

    dry_run: bool = False
    field_manager: str = "unknown"
    field_validation: str = "Warn"
    """``Strict``, ``Warn`` or ``Ignore``; ``Warn`` is what an API server takes by itself."""
    force: bool = False


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """The options of a deletion, from its body and its query."""

    dry_run: bool = False
    grace_seconds: int | None = None
    propagation: str = "Background"
    """``Background``, ``Foreground`` or ``Orphan``."""
    uid: str = ""
    resource_version: str = ""
