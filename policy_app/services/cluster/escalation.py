"""Nobody gives by RBAC what they do not have themselves.

Who writes a role has to hold every right in it, or the verb ``escalate`` on roles; who writes a
binding has to hold every right of the role that it names, or the verb ``bind`` on that role.
Source: "Privilege escalation prevention" in Kubernetes' RBAC reference; messages as its API server
has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, name_of, namespace_of
from policy_app.models import Cluster
from policy_app.services.cluster import authorization, kinds
from policy_app.services.cluster.authorization import RBAC, Attributes
from policy_app.services.cluster.caller import MASTERS, Caller

Rule = Mapping[str, Any]
_ROLES = frozenset({"roles", "clusterroles"})
_BINDINGS = frozenset({"rolebindings", "clusterrolebindings"})
_EVERYTHING: tuple[Rule, ...] = (
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
)
"""What a role that gathers others may come to."""


def check(cluster: Cluster, caller: Caller, kind: Kind, thing: Object) -> None:
    """Refuse what gives more than the caller has.

    Raises ``ApiError`` 403, or 404 for a binding of a role that is not there.
    """
    if kind.group != RBAC or MASTERS in caller.groups:
        return
    if kind.plural in _ROLES:
        _check_role(cluster, caller, kind, thing)
    elif kind.plural in _BINDINGS:
        _check_binding(cluster, caller, kind, thing)


def _check_role(cluster: Cluster, caller: Caller, kind: Kind, thing: Object) -> None:
    namespace = namespace_of(thing)
    asked = Attributes("escalate", RBAC, kind.plural, namespace=namespace, name=name_of(thing))
    if authorization.decide(cluster, caller, asked).allowed:
        return
    gathered = _EVERYTHING if thing.get("aggregationRule") else ()
    _refuse(cluster, caller, kind, thing, [*(thing.get("rules") or []), *gathered])


def _check_binding(cluster: Cluster, caller: Caller, kind: Kind, thing: Object) -> None:
    reference = thing.get("roleRef") or {}
    plural = "clusterroles" if reference.get("kind") == "ClusterRole" else "roles"
    name, namespace = str(reference.get("name") or ""), namespace_of(thing)
    asked = Attributes("bind", RBAC, plural, namespace=namespace, name=name)
    if authorization.decide(cluster, caller, asked).allowed:
        return
    rules = authorization.rules_of_role(cluster, reference, namespace)
    if rules is None:
        role = kinds.kinds_of(cluster).of(f"{RBAC}/v1", str(reference.get("kind")))
        raise errors.not_found(role or kind, name)
    _refuse(cluster, caller, kind, thing, rules)


def _refuse(
    cluster: Cluster, caller: Caller, kind: Kind, thing: Object, wanted: Iterable[Rule]
) -> None:
    held = authorization.held(cluster, caller, namespace_of(thing))
    missing = [rule for one in wanted for rule in _missing(one, held)]
    if not missing:
        return
    lines = "\n".join(sorted({_compact(rule) for rule in missing}))
    why = (
        f"user {json.dumps(caller.username)} (groups={_words(caller.groups)}) is attempting to"
        f" grant RBAC permissions not currently held:\n{lines}"
    )
    raise errors.forbidden(kind, name_of(thing), why)


def _missing(rule: Rule, held: Sequence[Rule]) -> Iterator[Rule]:
    """What of a rule is not held: each time of one thing, with the verbs that are."""
    for path in rule.get("nonResourceURLs") or []:
        lacking = [
            verb
            for verb in rule.get("verbs") or []
            if not any(authorization.grants_path(one, verb, path) for one in held)
        ]
        if lacking:
            yield {"nonResourceURLs": [path], "verbs": lacking}
    for group in rule.get("apiGroups") or []:
        for resource in rule.get("resources") or []:
            for name in rule.get("resourceNames") or [""]:
                yield from _missing_of(rule, held, group, resource, name)


def _missing_of(
    rule: Rule, held: Sequence[Rule], group: str, resource: str, name: str
) -> Iterator[Rule]:
    plural, _, below = resource.partition("/")
    lacking = []
    for verb in rule.get("verbs") or []:
        asked = Attributes(verb, group, plural, below, name=name)
        if not any(authorization.grants(one, asked) for one in held):
            lacking.append(verb)
    if lacking:
        named = {"resourceNames": [name]} if name else {}
        yield {"apiGroups": [group], "resources": [resource], **named, "verbs": lacking}


_SHOWN = {
    "apiGroups": "APIGroups",
    "resources": "Resources",
    "resourceNames": "ResourceNames",
    "nonResourceURLs": "NonResourceURLs",
    "verbs": "Verbs",
}


def _compact(rule: Rule) -> str:
    """``{APIGroups:[""], Resources:["pods"], Verbs:["get"]}``, as the API server writes a rule."""
    parts = (f"{shown}:{_words(rule[key])}" for key, shown in _SHOWN.items() if rule.get(key))
    return "{" + ", ".join(parts) + "}"


def _words(words: Iterable[str]) -> str:
    """Go's ``%q`` of a slice."""
    return "[" + " ".join(json.dumps(one, ensure_ascii=False) for one in words) + "]"
