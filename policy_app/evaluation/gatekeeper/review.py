"""Reviews: the admission request that Rego sees as ``input.review``.

Source: ``admission/v1`` of Kubernetes, and Gatekeeper's target, which copies the old object to
the object for DELETE and fills a request from a plain object for the audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.gatekeeper.errors import ReviewError
from policy_app.evaluation.gatekeeper.match import ORIGINAL, Subject
from policy_app.evaluation.gatekeeper.scopes import (
    in_namespace,
    is_cluster_scoped,
    resource_of,
    split_api_version,
)

CREATE = "CREATE"
UPDATE = "UPDATE"
DELETE = "DELETE"
CONNECT = "CONNECT"
OPERATIONS = (CREATE, UPDATE, DELETE, CONNECT)

_GROUP = "admission.k8s.io"
_REQUEST_FIELDS = frozenset(
    {
        *("uid", "kind", "resource", "subResource", "requestKind", "requestResource"),
        *("requestSubResource", "name", "namespace", "operation", "userInfo", "object"),
        *("oldObject", "dryRun", "options"),
    }
)
# The API server leaves these out where they are empty; the rest is always there.
_OMITTED = ("subResource", "requestKind", "requestResource", "requestSubResource", "dryRun")


@dataclass(frozen=True, slots=True)
class Review:
    """One request to judge.  Make it with a class method, named for what is asked."""

    object: Mapping[str, Any] | None = None
    old_object: Mapping[str, Any] | None = None
    operation: str = ""
    """``CREATE``, ``UPDATE``, ``DELETE``, ``CONNECT``, or empty for the audit."""
    kind: Mapping[str, str] = field(default_factory=dict)
    """``{group, version, kind}``."""
    resource: Mapping[str, str] = field(default_factory=dict)
    """``{group, version, resource}``."""
    name: str = ""
    namespace: str = ""
    user_info: Mapping[str, Any] = field(default_factory=dict)
    """``{username, uid, groups, extra}``, each where it is known."""
    uid: str = ""
    options: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """The optional fields of the request: ``subResource``, ``requestKind``, ``dryRun``…"""
    source: str = ORIGINAL
    """``Original`` or ``Generated``; empty where nobody said."""
    namespace_object: Mapping[str, Any] | None = None
    """The Namespace that the request is about, where the caller knows it."""

    @classmethod
    def create(
        cls,
        thing: Mapping[str, Any],
        *,
        default_namespace: str = "",
        user_info: Mapping[str, Any] | None = None,
    ) -> Review:
        """What ``kubectl create`` asks; an object without a namespace goes to the default one."""
        placed = in_namespace(thing, default_namespace)
        return cls(object=placed, operation=CREATE, **_about(placed, user_info))

    @classmethod
    def update(
        cls,
        thing: Mapping[str, Any],
        old: Mapping[str, Any],
        *,
        default_namespace: str = "",
        user_info: Mapping[str, Any] | None = None,
    ) -> Review:
        """What ``kubectl apply`` asks about an object that exists."""
        placed = in_namespace(thing, default_namespace)
        return cls(
            object=placed,
            old_object=in_namespace(old, default_namespace),
            operation=UPDATE,
            **_about(placed, user_info),
        )

    @classmethod
    def delete(
        cls,
        old: Mapping[str, Any],
        *,
        default_namespace: str = "",
        user_info: Mapping[str, Any] | None = None,
    ) -> Review:
        """What ``kubectl delete`` asks; Rego sees the object in both places."""
        placed = in_namespace(old, default_namespace)
        return cls(object=placed, old_object=placed, operation=DELETE, **_about(placed, user_info))

    @classmethod
    def audit(cls, thing: Mapping[str, Any], *, source: str = ORIGINAL) -> Review:
        """A plain object as the audit and gator look at it: no operation, no user, no default."""
        about = _about(thing, None) | {
            "resource": _resource("", "", ""),
            # As written, also where the kind belongs to the whole cluster.
            "namespace": Subject(thing).field("namespace"),
        }
        return cls(object=thing, source=source, **about)

    @classmethod
    def from_admission_review(cls, document: Mapping[str, Any]) -> Review:
        """An ``AdmissionReview`` of ``admission.k8s.io``, as a webhook receives it.

        Raises ``ReviewError`` for unknown fields, or where neither object nor old object is given.
        """
        request = document.get("request")
        if not isinstance(request, Mapping):
            raise ReviewError("an AdmissionReview must have a request", path="request")
        return cls.from_request(request)

    @classmethod
    def from_request(cls, request: Mapping[str, Any]) -> Review:
        """The ``request`` of an ``AdmissionReview``.  Raises ``ReviewError``."""
        _check_request(request)
        thing, old = request.get("object"), request.get("oldObject")
        operation = str(request.get("operation") or "")
        if operation == DELETE:
            if old is None:
                raise ReviewError("oldObject cannot be nil for DELETE operations")
            thing = old
        kind = _gvk(request.get("kind"), thing if thing is not None else old)
        # A Namespace does not live in itself, though some requests say so.
        of_namespace = kind["kind"] == "Namespace" and not kind["group"]
        return cls(
            object=thing,
            old_object=old,
            operation=operation,
            kind=kind,
            resource=_gvr(request.get("resource")),
            name=str(request.get("name") or ""),
            namespace="" if of_namespace else str(request.get("namespace") or ""),
            user_info=request.get("userInfo") or {},
            uid=str(request.get("uid") or ""),
            options=request.get("options"),
            extra={name: request[name] for name in _OMITTED if request.get(name) not in (None, "")},
        )

    def to_input(self, *, with_namespace: bool = False) -> dict[str, Any]:
        """Exactly ``input.review``.

        ``with_namespace`` adds ``namespaceObject``, as Gatekeeper does since 3.22; the version
        that AKS runs does not.
        """
        shown: dict[str, Any] = {
            "uid": self.uid,
            "kind": dict(self.kind),
            "resource": dict(self.resource),
            "operation": self.operation,
            "userInfo": dict(self.user_info),
            "object": self.object,
            "oldObject": self.old_object,
            "options": self.options,
            **self.extra,
        }
        if self.name:
            shown["name"] = self.name
        if self.namespace:
            shown["namespace"] = self.namespace
        if with_namespace:
            shown["namespaceObject"] = self.namespace_object
        return shown

    @property
    def subresource(self) -> str:
        """What the request is about within its object, such as ``scale``; mostly empty."""
        return str(self.extra.get("subResource") or "")

    def subjects(self, namespace: Mapping[str, Any] | None) -> list[Subject]:
        """The object and the old object, as match criteria see them."""
        return [
            Subject(thing, namespace, self.source)
            for thing in (self.object, self.old_object)
            if thing is not None
        ]


def is_admission_review(document: Mapping[str, Any]) -> bool:
    """Whether a document is a request to review, rather than an object."""
    group, _ = split_api_version(document.get("apiVersion"))
    return group == _GROUP and document.get("kind") == "AdmissionReview"


def _about(thing: Mapping[str, Any], user_info: Mapping[str, Any] | None) -> dict[str, Any]:
    group, version = split_api_version(thing.get("apiVersion"))
    kind = str(thing.get("kind", ""))
    subject = Subject(thing)
    of_cluster = is_cluster_scoped(group, kind)
    return {
        "kind": {"group": group, "version": version, "kind": kind},
        "resource": _resource(group, version, resource_of(kind)),
        "name": subject.field("name"),
        "namespace": "" if of_cluster else subject.field("namespace"),
        "user_info": user_info or {},
    }


def _resource(group: str, version: str, resource: str) -> dict[str, str]:
    return {"group": group, "version": version, "resource": resource}


def _check_request(request: Mapping[str, Any]) -> None:
    if not request.keys() <= _REQUEST_FIELDS:
        where = f"request.{min(request.keys() - _REQUEST_FIELDS)}"
        raise ReviewError(f'unknown field "{where}" in AdmissionReview', path=where)
    for name in ("object", "oldObject", "options", "userInfo", "kind", "resource"):
        # Asking for a dict first is much quicker than asking for any mapping.
        if request.get(name) is not None and not isinstance(request[name], (dict, Mapping)):
            raise ReviewError(f"request.{name} must be an object", path=f"request.{name}")
    if request.get("object") is None and request.get("oldObject") is None:
        raise ReviewError('AdmissionReview does not contain an "object" or "oldObject" to review')


def _gvk(kind: Mapping[str, Any] | None, thing: Mapping[str, Any] | None) -> dict[str, str]:
    if kind:
        return {part: str(kind.get(part) or "") for part in ("group", "version", "kind")}
    group, version = split_api_version((thing or {}).get("apiVersion"))
    return {"group": group, "version": version, "kind": str((thing or {}).get("kind", ""))}


def _gvr(resource: Mapping[str, Any] | None) -> dict[str, str]:
    given = resource or {}
    return _resource(*(str(given.get(part) or "") for part in ("group", "version", "resource")))
