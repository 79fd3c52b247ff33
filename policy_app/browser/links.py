"""The addresses of pages about stored things."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from policy_app.models import Definition


def definition(one: Definition, **query: str) -> str:
    """The detail page; a custom definition's name is no key, so its id goes along."""
    return _definition_url("definition", one, query)


def definition_json(one: Definition, version: str = "") -> str:
    """The download of its ARM JSON."""
    return _definition_url("definition-json", one, {"version": version})


def assign(one: Definition) -> str:
    """The wizard, with this definition chosen."""
    return f"{reverse('assign')}?{urlencode({'definition': one.arm_id})}"


def duplicate(one: Definition, version: str) -> str:
    """The page on which a copy of a version is written."""
    query = urlencode({"duplicate": one.arm_id, "version": version})
    return f"{new_definition(one.kind)}?{query}"


def new_definition(kind: str) -> str:
    """The page on which a definition of a kind is written."""
    return reverse("initiative-new" if kind == Definition.Kind.INITIATIVE else "definition-new")


def edit(one: Definition) -> str:
    """The page on which a custom definition is changed."""
    return about("initiative-edit" if one.is_initiative else "definition-edit", one)


def playground(one: Definition, version: str) -> str:
    """The page on which a version judges manifests."""
    query = urlencode({"id": one.arm_id, "version": version})
    return f"{reverse('definition-playground')}?{query}"


def about(view: str, one: Definition) -> str:
    """A page that takes the definition's id: to edit it, or to delete it."""
    return f"{reverse(view)}?{urlencode({'id': one.arm_id})}"


def _definition_url(view: str, one: Definition, query: dict[str, str]) -> str:
    path = reverse(view, args=[one.kind, one.name])
    given = {name: value for name, value in query.items() if value}
    if one.policy_type != Definition.PolicyType.BUILT_IN:
        given["id"] = one.arm_id
    return f"{path}?{urlencode(given)}" if given else path


def definition_by_id(arm_id: str) -> str:
    """The detail page of a definition of which only the ARM id is at hand."""
    is_set = "/policysetdefinitions/" in arm_id.lower()
    kind = Definition.Kind.INITIATIVE if is_set else Definition.Kind.POLICY
    path = reverse("definition", args=[kind, arm_id.rpartition("/")[2]])
    built_in = arm_id.lower().startswith("/providers/microsoft.authorization/")
    return path if built_in else f"{path}?{urlencode({'id': arm_id})}"


def assignment_by_id(arm_id: str) -> str:
    """The page of an assignment."""
    return f"{reverse('assignment')}?{urlencode({'id': arm_id})}"


def exemption(arm_id: str, **query: str) -> str:
    """The page of an exemption, or one of its tabs (``tab``)."""
    return f"{reverse('exemption')}?{urlencode({'id': arm_id, **query})}"


def exempt(assignment_id: str, scope_id: str = "", reference_id: str = "") -> str:
    """Where an exemption from an assignment is written, with what is known filled in."""
    about = {"assignment": assignment_id, "scope": scope_id, "reference": reference_id}
    given = {name: value for name, value in about.items() if value}
    return f"{reverse('exemption-new')}?{urlencode(given)}"


def cluster(name: str, **query: str) -> str:
    """The page of a cluster under the name that finds it, or one of its tabs (``tab``)."""
    path = reverse("cluster", args=[name])
    given = {key: value for key, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path
