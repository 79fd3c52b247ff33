"""Users, groups and service principals as those to whom roles are given."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet

from policy_app.models import SecurityPrincipal, ServicePrincipal
from policy_app.services.authorization.principals import object_of
from policy_app.services.authorization.roles import guid
from policy_app.services.errors import PolicyError

_SUGGESTED = 200


def get(principal_id: str, kind: str = "") -> SecurityPrincipal:
    """The principal with this object id; ``kind`` must be its kind where it is given.

    Raises ``PolicyError`` with ARM's ``PrincipalNotFound`` or ``UnmatchedPrincipalType``.
    """
    number = guid(principal_id)
    rows = SecurityPrincipal.objects.select_related("user", "group")
    found = rows.filter(object_id=number).first() if number else None
    if found is None and number is not None:
        complete()
        found = rows.filter(object_id=number).first()
    if found is None:
        raise PolicyError(
            "PrincipalNotFound",
            f"There is no user, group or service principal with the object id '{principal_id}'.",
            target="properties.principalId",
        )
    if kind and kind.lower() != found.kind.lower():
        raise PolicyError(
            "UnmatchedPrincipalType",
            f"The principal '{principal_id}' is a {found.kind}, and not a {kind}.",
            target="properties.principalType",
        )
    return found


def named(text: str) -> SecurityPrincipal:
    """The principal that people mean by a name, a client id or an object id.

    Raises ``PolicyError`` where nobody is called so, or several are.
    """
    wanted = text.replace("\x00", "").strip()
    found = _called(wanted)
    if len(found) == 1:
        return found[0]
    if not found:
        message = (
            f"There is no active user, group or service principal '{wanted}'."
            if wanted
            else "Name the user, group or service principal that is to have the role."
        )
        raise PolicyError("PrincipalNotFound", message, target="principal")
    kinds = ", ".join(f"{one.get_kind_display().lower()} {one.object_id}" for one in found)
    raise PolicyError(
        "PrincipalNotUnique",
        f"Several principals are called '{wanted}'; write the object id of one of them: {kinds}.",
        target="principal",
    )


def suggestions() -> list[tuple[str, str]]:
    """Names that can be chosen, each with its kind; at most 200 of each kind."""
    users = people().order_by("username").values_list("username", flat=True)
    groups = Group.objects.order_by("name").values_list("name", flat=True)
    services = ServicePrincipal.objects.filter(revoked_at=None)
    names = services.values_list("display_name", flat=True)
    return [
        *((name, "User") for name in users[:_SUGGESTED]),
        *((name, "Group") for name in groups[:_SUGGESTED]),
        *((name, "Service principal") for name in names[:_SUGGESTED]),
    ]


def people() -> QuerySet[User]:
    """Active users who are people: the technical users of programs are none."""
    return User.objects.filter(is_active=True, service_principal=None)


def complete() -> None:
    """Give every user and group its object id, so that all are found by it."""
    for user in User.objects.filter(security_principal=None).select_related("service_principal"):
        object_of(user)
    for group in Group.objects.filter(security_principal=None):
        object_of(group)


def _called(wanted: str) -> list[SecurityPrincipal]:
    number = guid(wanted)
    if number is not None:
        complete()
        by_id = Q(object_id=number) | Q(user__service_principal__client_id=number)
        return list(SecurityPrincipal.objects.select_related("user", "group").filter(by_id))
    if not wanted:
        return []
    found = [object_of(user) for user in people().filter(username__iexact=wanted)]
    found += [object_of(group) for group in Group.objects.filter(name__iexact=wanted)]
    services = ServicePrincipal.objects.filter(display_name__iexact=wanted, revoked_at=None)
    found += [object_of(one.user) for one in services.select_related("user")]
    return found
