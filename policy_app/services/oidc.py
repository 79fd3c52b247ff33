"""Who signed in at an OpenID Connect provider, as a user of the portal.

A person is known by issuer and subject, which never change.  A user who exists here already is
never taken over by a provider that happens to use the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction

from policy_app.models import ExternalIdentity
from policy_app.services import activity
from policy_app.services.errors import PolicyError

_UNFIT = re.compile(r"[^\w.@+-]+", re.ASCII)
_LONGEST = 140
_LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, 2
_MOST_GROUPS = 500


@transaction.atomic
def user_of(claims: Mapping[str, Any]) -> User:
    """The user behind the claims of a checked id token; made when first seen, without any role.

    Groups follow the provider where ``OIDC_GROUPS_CLAIM`` names a claim: those of the claim that
    exist here, and none else that the provider could name.  Raises ``PolicyError`` (403) for a
    user who was locked out here.
    """
    issuer, subject = str(claims.get("iss") or ""), str(claims.get("sub") or "")
    if not issuer or not subject:
        text = "The provider named nobody: its token lacks the issuer or the subject."
        raise PolicyError("InvalidIdToken", text, status=403)
    if len(subject) > _LONGEST_SUBJECT or not subject.isprintable():
        text = (
            f"The provider's subject has over {_LONGEST_SUBJECT} characters, or unprintable ones."
        )
        raise PolicyError("InvalidIdToken", text, status=403)
    found = _known(issuer, subject)
    user = found.user if found else _new(issuer, subject, claims)
    if not user.is_active:
        text = f"The user {user} is locked out of this portal."
        raise PolicyError("UserLockedOut", text, status=403)
    user.email = _text(claims, "email")[:254]
    user.first_name = _text(claims, "given_name")[:150]
    user.last_name = _text(claims, "family_name")[:150]
    user.save(update_fields=["email", "first_name", "last_name"])
    _follow_groups(user, claims)
    return user


def _text(claims: Mapping[str, Any], name: str) -> str:
    """A claim as a text that every database stores; empty where there is none."""
    return str(claims.get(name) or "").replace("\x00", "")


def _known(issuer: str, subject: str) -> ExternalIdentity | None:
    rows = ExternalIdentity.objects.select_related("user")
    return rows.filter(issuer=issuer, subject=subject).first()


def _new(issuer: str, subject: str, claims: Mapping[str, Any]) -> User:
    user = User(username=_free_name(claims, subject))
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
            ExternalIdentity.objects.create(issuer=issuer, subject=subject, user=user)
            _record(user, None, {"name": user.get_username(), "issuer": issuer})
    except IntegrityError:
        # The same person, for the first time, in another tab at this very moment.
        found = _known(issuer, subject)
        if found is None:
            raise
        return found.user
    return user


def _free_name(claims: Mapping[str, Any], subject: str) -> str:
    wanted = claims.get("preferred_username") or claims.get("email") or subject
    base = _UNFIT.sub("-", str(wanted)).strip("-")[:_LONGEST] or "user"
    name, number = base, 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{base}-{number}"
    return name


def _follow_groups(user: User, claims: Mapping[str, Any]) -> None:
    claim = settings.OIDC_GROUPS_CLAIM
    if not claim:
        return
    named = claims.get(claim)
    texts = [str(one) for one in named][:_MOST_GROUPS] if isinstance(named, list) else []
    names = [one for one in texts if "\x00" not in one]
    before = _groups_of(user)
    user.groups.set(Group.objects.filter(name__in=names))
    if before != (after := _groups_of(user)):
        _record(user, {"groups": before}, {"groups": after})


def _groups_of(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


def _record(user: User, before: Any, after: Any) -> None:
    """In the log it is the portal that changes people, on the word of their provider."""
    about = f"/providers/Microsoft.PolicyPortal/users/{user.pk}"
    message = f"As the provider says of {user}."
    operation = "Microsoft.PolicyPortal/users/write"
    activity.record(None, operation, about, before=before, after=after, message=message)
