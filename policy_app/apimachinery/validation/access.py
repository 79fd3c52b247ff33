"""Roles and their bindings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.validation import names
from policy_app.apimachinery.validation.reports import GoValue, Report, mapping, members, quoted

_GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ("Group", "ServiceAccount", "User")


def _role(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    _check_rules(thing, True, to)


def _cluster_role(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    _check_rules(thing, False, to)


def _check_rules(thing: Object, namespaced: bool, to: Report) -> None:
    for index, rule in enumerate(members(thing.get("rules"))):
        path = f"rules[{index}]"
        if not rule.get("verbs"):
            to.required(f"{path}.verbs", "verbs must contain at least one value")
        urls = rule.get("nonResourceURLs")
        if urls:
            _check_urls(rule, path, namespaced, to)
            continue
        if not rule.get("apiGroups"):
            text = "resource rules must supply at least one api group"
            to.required(f"{path}.apiGroups", text)
        if not rule.get("resources"):
            text = "resource rules must supply at least one resource"
            to.required(f"{path}.resources", text)


def _check_urls(rule: Mapping[str, Any], path: str, namespaced: bool, to: Report) -> None:
    urls = rule["nonResourceURLs"]
    if namespaced:
        text = "namespaced rules cannot apply to non-resource URLs"
        to.invalid(f"{path}.nonResourceURLs", urls, text)
    if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
        text = "rules cannot apply to both regular resources and non-resource URLs"
        to.invalid(f"{path}.nonResourceURLs", urls, text)


def _role_binding(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    _check_binding(thing, old, ("ClusterRole", "Role"), to)


def _cluster_role_binding(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    _check_binding(thing, old, ("ClusterRole",), to)


def _check_binding(
    thing: Object, old: Mapping[str, Any] | None, kinds: tuple[str, ...], to: Report
) -> None:
    role = mapping(thing.get("roleRef"))
    if role.get("apiGroup") != _GROUP:
        to.unsupported("roleRef.apiGroup", role.get("apiGroup") or "", [_GROUP])
    if role.get("kind") not in kinds:
        to.unsupported("roleRef.kind", role.get("kind") or "", kinds)
    if not role.get("name"):
        to.required("roleRef.name")
    for fault in names.path_segment(str(role.get("name") or "")):
        to.invalid("roleRef.name", role["name"], fault)
    cluster_wide = "Role" not in kinds
    for index, subject in enumerate(members(thing.get("subjects"))):
        _check_subject(subject, f"subjects[{index}]", cluster_wide, to)
    if old is not None and mapping(old.get("roleRef")) != role:
        to.invalid("roleRef", _shown(role), "cannot change roleRef")


def _check_subject(
    subject: Mapping[str, Any], path: str, needs_namespace: bool, to: Report
) -> None:
    if not subject.get("name"):
        to.required(f"{path}.name")
    kind, group = subject.get("kind"), subject.get("apiGroup") or ""
    if kind not in _SUBJECTS:
        to.unsupported(f"{path}.kind", kind or "", _SUBJECTS)
    elif kind == "ServiceAccount":
        for fault in names.subdomain(str(subject["name"])) if subject.get("name") else ():
            to.invalid(f"{path}.name", subject["name"], fault)
        if group:
            to.unsupported(f"{path}.apiGroup", group, [""])
        if not subject.get("namespace") and needs_namespace:
            to.required(f"{path}.namespace")
    elif group != _GROUP:
        to.unsupported(f"{path}.apiGroup", group, [_GROUP])


def _shown(role: Mapping[str, Any]) -> GoValue:
    fields = (("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name"))
    inner = ", ".join(f"{name}:{quoted(str(role.get(key) or ''))}" for name, key in fields)
    return GoValue(f"rbac.RoleRef{{{inner}}}")


RULES = {
    (_GROUP, "Role"): _role,
    (_GROUP, "ClusterRole"): _cluster_role,
    (_GROUP, "RoleBinding"): _role_binding,
    (_GROUP, "ClusterRoleBinding"): _cluster_role_binding,
}
