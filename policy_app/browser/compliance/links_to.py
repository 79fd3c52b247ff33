"""The addresses of what audits found: they name ids and uids, and stay valid as long as these."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from policy_app.models import PolicyState


def listing(**query: str) -> str:
    """The Compliance page, with filters."""
    return _with(reverse("compliance"), query)


def assignment(arm_id: str, **query: str) -> str:
    """What became of an assignment."""
    return _with(reverse("compliance-assignment"), {"id": arm_id, **query})


def policy(one: PolicyState, **query: str) -> str:
    """What became of one policy of an assignment, in all clusters or in one of them."""
    about = {
        "assignment": one.assignment_arm_id,
        "definition": one.definition_arm_id,
        "reference": one.reference_id,
    }
    return _with(reverse("compliance-policy"), about | query)


def component(cluster: str, uid: str, anchor: str = "", **query: str) -> str:
    """One component of a cluster, and a violation of it."""
    path = _with(reverse("compliance-component", args=[cluster, uid]), query)
    return f"{path}#{anchor}" if anchor else path


def ask(cluster: str, uid: str) -> str:
    """Where admission is asked about a component."""
    return reverse("compliance-ask", args=[cluster, uid])


def denials(**query: str) -> str:
    """The Denials page, with filters."""
    return _with(reverse("denials"), query)


def denial(key: int) -> str:
    """One refused request."""
    return reverse("denial", args=[key])


def address(path: str, **query: str) -> str:
    """A path with what of the query is not empty."""
    return _with(path, query)


def _with(path: str, query: dict[str, str]) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path
