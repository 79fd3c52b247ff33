"""Who may do what in a cluster: the members of ``system:masters`` all, others what RBAC grants.

Source: ``rbac/v1`` of Kubernetes: a rule grants verbs on resources of groups, or on paths; ``*``
stands for all of a list; a RoleBinding grants within its namespace, a ClusterRoleBinding in all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.apimachinery import errors
from policy_app.models import Cluster, KubeObject
from policy_app.services import authorization as portal
from policy_app.services.authorization import Principal, actions
from policy_app.services.cluster.caller import AUTHENTICATED, MASTERS, Caller, Target

RBAC = "rbac.authorization.k8s.io"
VIEWERS = "policy-portal:viewers"
"""Whose role in the portal lets them see what is in the cluster, and nothing more."""
_LOOKING = ("get", "list", "watch")
_RESERVED = ("system:", "policy-portal:")
"""What groups of the portal may not be called, to be taken for groups of the cluster."""
# What every authenticated caller may ask: about itself, and what is served.
_ABOUT_ONESELF = {
    "selfsubjectaccessreviews",
    "selfsubjectrulesreviews",
    "selfsubjectreviews",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something is allowed, and why."""

    allowed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is to be done with what."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Attributes:
        """``resourceAttributes`` of an access review."""
        names = ("verb", "group", "resource", "subresource", "namespace", "name")
        return cls(**{name: str(given.get(name) or "") for name in names})

    @property
    def path(self) -> str:
        """``pods`` or ``pods/log``."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def caller_of(principal: Principal, cluster: Cluster) -> Caller:
    """A user of the portal as the cluster sees one, by the roles that the user has there.

    Who may fetch the cluster's administrator credentials is one of its masters; who may read the
    cluster sees all in it but Secrets; who may only fetch user credentials has what RBAC grants.
    Raises ``ApiError`` 403 for anybody else.
    """
    user = principal.user
    assert user is not None, "only who has signed in calls a cluster"
    groups = [group.name for group in user.groups.all() if not group.name.startswith(_RESERVED)]
    kind, scope = cluster.resource_type, cluster.scope
    ways = (actions.enter_cluster(kind), actions.read_cluster(kind))
    if not any(portal.may(principal, one, scope) for one in ways):
        text = f'User "{principal.name}" may not call this cluster: it takes a role with {ways[0]}'
        raise errors.ApiError(403, "Forbidden", text)
    if portal.may(principal, actions.master_cluster(kind), scope):
        groups.append(MASTERS)
    elif portal.may(principal, actions.read_cluster(kind), scope):
        groups.append(VIEWERS)
    return Caller(user.get_username(), (*groups, AUTHENTICATED), uid=str(user.pk))


def impersonated(name: str, groups: tuple[str, ...], extra: Mapping[str, list[str]]) -> Caller:
    """The caller that the impersonation headers name."""
    wanted = groups
    if not wanted and name.startswith("system:serviceaccount:"):
        namespace = name.split(":")[2]
        wanted = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    if AUTHENTICATED not in wanted and name != "system:anonymous":
        wanted = (*wanted, AUTHENTICATED)
    return Caller(name, wanted, extra=extra)


def require_impersonation(cluster: Cluster, caller: Caller, other: Caller) -> None:
    """Refuse who may not be somebody else.  Raises ``ApiError`` 403."""
    asked = [Attributes("impersonate", resource="users", name=other.username)]
    for group in other.groups:
        if group != AUTHENTICATED:
            asked.append(Attributes("impersonate", resource="groups", name=group))
    for one in asked:
        if not decide(cluster, caller, one).allowed:
            raise _forbidden(caller, one, f'{one.resource} "{one.name}"')


def require(cluster: Cluster, caller: Caller, verb: str, target: Target) -> None:
    """Refuse what the caller may not do.  Raises ``ApiError`` 403 in the API server's words."""
    kind = target.kind
    asked = Attributes(verb, kind.group, kind.plural, target.below, target.namespace, target.name)
    if decide(cluster, caller, asked).allowed:
        return
    named = f'{kind.qualified} "{target.name}"' if target.name else kind.qualified
    raise _forbidden(caller, asked, named)


def require_review(cluster: Cluster, caller: Caller, plural: str, namespace: str) -> None:
    """Refuse who may not ask what others may.  Raises ``ApiError`` 403."""
    asked = Attributes("create", "authorization.k8s.io", plural, namespace=namespace)
    if not decide(cluster, caller, asked).allowed:
        raise _forbidden(caller, asked, f"{plural}.{asked.group}")


def decide(cluster: Cluster, caller: Caller, asked: Attributes) -> Verdict:
    """May the caller?  The first rule that grants it is the reason."""
    if MASTERS in caller.groups:
        return Verdict(True)
    if asked.resource in _ABOUT_ONESELF and asked.verb == "create":
        return Verdict(True)
    if VIEWERS in caller.groups and asked.verb in _LOOKING and asked.resource != "secrets":
        return Verdict(True, "allowed by a role in the portal that may read the cluster")
    for rule, binding in _rules(cluster, caller, asked.namespace):
        if grants(rule, asked):
            return Verdict(True, f"RBAC: allowed by {binding}")
    return Verdict(False)


def decide_path(cluster: Cluster, caller: Caller, asked: Mapping[str, Any]) -> Verdict:
    """May the caller use a path that is no resource, such as ``/version``?"""
    if MASTERS in caller.groups:
        return Verdict(True)
    path, verb = str(asked.get("path") or ""), str(asked.get("verb") or "")
    for rule, binding in _rules(cluster, caller, ""):
        if grants_path(rule, verb, path):
            return Verdict(True, f"RBAC: allowed by {binding}")
    return Verdict(False)


def rules_of(cluster: Cluster, caller: Caller, namespace: str) -> dict[str, Any]:
    """The status of a SelfSubjectRulesReview: everything that the caller may do in a namespace."""
    resources: list[Any] = []
    paths: list[Any] = []
    if VIEWERS in caller.groups:
        resources.append({"verbs": list(_LOOKING), "apiGroups": ["*"], "resources": ["*"]})
    if MASTERS in caller.groups:
        resources.append({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})
        paths.append({"verbs": ["*"], "nonResourceURLs": ["*"]})
    for rule, _ in _rules(cluster, caller, namespace):
        (paths if rule.get("nonResourceURLs") else resources).append(dict(rule))
    oneself = {
        "verbs": ["create"],
        "apiGroups": ["authorization.k8s.io", "authentication.k8s.io"],
        "resources": sorted(_ABOUT_ONESELF),
    }
    return {"resourceRules": [*resources, oneself], "nonResourceRules": paths, "incomplete": False}


def held(cluster: Cluster, caller: Caller, namespace: str) -> list[Mapping[str, Any]]:
    """Every rule that RBAC grants the caller: everywhere, and in a namespace where one is named."""
    return [rule for rule, _ in _rules(cluster, caller, namespace)]


def _forbidden(caller: Caller, asked: Attributes, named: str) -> errors.ApiError:
    where = f' in the namespace "{asked.namespace}"' if asked.namespace else " at the cluster scope"
    message = (
        f'{named} is forbidden: User "{caller.username}" cannot {asked.verb} resource'
        f' "{asked.path}" in API group "{asked.group}"{where}'
    )
    about = {"name": asked.name, "group": asked.group, "kind": asked.resource}
    details = {key: value for key, value in about.items() if value}
    return errors.ApiError(403, "Forbidden", message, details)


def _rules(
    cluster: Cluster, caller: Caller, namespace: str
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each rule that is granted to the caller, with the binding that does so."""
    everywhere = _bodies(cluster, "clusterrolebindings", "")
    within = _bodies(cluster, "rolebindings", namespace) if namespace else []
    for binding in (*everywhere, *within):
        subjects = binding.get("subjects") or []
        if not any(_is(caller, one, namespace) for one in subjects):
            continue
        reference = binding.get("roleRef") or {}
        for rule in rules_of_role(cluster, reference, namespace) or ():
            yield rule, f'{binding["kind"]} "{binding["metadata"]["name"]}"'


def rules_of_role(
    cluster: Cluster, reference: Mapping[str, Any], namespace: str
) -> list[Mapping[str, Any]] | None:
    """The rules of the role that a binding names; None where there is no such role."""
    whole = reference.get("kind") == "ClusterRole"
    plural = "clusterroles" if whole else "roles"
    found = KubeObject.objects.filter(
        cluster=cluster,
        group=RBAC,
        plural=plural,
        namespace="" if whole else namespace,
        name=str(reference.get("name") or ""),
    ).first()
    return (found.body.get("rules") or []) if found else None


def _bodies(cluster: Cluster, plural: str, namespace: str) -> list[dict[str, Any]]:
    found = KubeObject.objects.filter(
        cluster=cluster, group=RBAC, plural=plural, namespace=namespace
    )
    return [row.body for row in found]


def _is(caller: Caller, subject: Mapping[str, Any], namespace: str) -> bool:
    kind, name = subject.get("kind"), str(subject.get("name") or "")
    if kind == "User":
        return name == caller.username
    if kind == "Group":
        return name in caller.groups
    where = subject.get("namespace") or namespace
    return kind == "ServiceAccount" and caller.username == f"system:serviceaccount:{where}:{name}"


def grants_path(rule: Mapping[str, Any], verb: str, path: str) -> bool:
    """Does a rule of RBAC grant the verb on a path that is no resource?"""
    return _in(verb, rule.get("verbs")) and _path_in(path, rule.get("nonResourceURLs"))


def grants(rule: Mapping[str, Any], asked: Attributes) -> bool:
    """Does a rule of RBAC grant it? ``*`` is asked for by its name, and held where ``*`` is."""
    names = rule.get("resourceNames") or []
    return (
        _in(asked.verb, rule.get("verbs"))
        and _in(asked.group, rule.get("apiGroups"))
        and _resource_in(asked, rule.get("resources"))
        and (not names or asked.name in names)
    )


def _resource_in(asked: Attributes, resources: Any) -> bool:
    below = f"*/{asked.subresource}" if asked.subresource else None
    return _in(asked.path, resources) or (below is not None and below in (resources or []))


def _in(word: str, words: Any) -> bool:
    return isinstance(words, list) and ("*" in words or word in words)


def _path_in(path: str, paths: Any) -> bool:
    if not isinstance(paths, list):
        return False
    return any(one == path or (one.endswith("*") and path.startswith(one[:-1])) for one in paths)
