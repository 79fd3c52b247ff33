"""Service principals: programs that sign in with a client id and a secret.

A secret is shown once and stored as its hash.  With it a program asks for an access token, by the
client-credentials grant of OAuth 2.0 (RFC 6749, 4.4); the token is signed and stored nowhere, and
ends with its hour, with the secret, and with the service principal, whichever comes first.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from policy_app.models import ServicePrincipal, ServicePrincipalSecret
from policy_app.models.access import digest, new_secret
from policy_app.services import activity, authorization
from policy_app.services.authorization import Actor, actions, assigning
from policy_app.services.errors import NotFound, PolicyError

SECRET_PREFIX = "ppsecret"  # noqa: S105 - what a secret starts with, and no secret
TOKEN_PREFIX = "ppsp_"  # noqa: S105 - the same of a token
TOKEN_SECONDS = 3599
"""How long a token is good: what Azure's are, a second under an hour."""
LONGEST_DAYS = 730
_SALT = "policy-portal.serviceprincipal"
_USE_NOTED_EVERY = timedelta(minutes=1)
_LONGEST_NAME = 120
READ = actions.of(actions.SERVICE_PRINCIPALS, actions.READ)
WRITE = actions.of(actions.SERVICE_PRINCIPALS, actions.WRITE)
DELETE = actions.of(actions.SERVICE_PRINCIPALS, actions.DELETE)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret as it is only once: with its text."""

    row: ServicePrincipalSecret
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewToken:
    """An access token, which is stored nowhere, and whose it is."""

    user: User
    text: str = field(repr=False)


def everyone() -> QuerySet[ServicePrincipal]:
    """Every service principal by name, with its secrets."""
    return ServicePrincipal.objects.select_related("user", "created_by").prefetch_related("secrets")


def get(client_id: str) -> ServicePrincipal:
    """The service principal with this client id.  Raises ``NotFound``."""
    row = everyone().filter(client_id=_guid(client_id)).first()
    if row is None:
        text = f"There is no service principal with the client id '{client_id}'."
        raise NotFound("ServicePrincipalNotFound", text)
    return row


@transaction.atomic
def create(display_name: str, description: str, by: Actor) -> ServicePrincipal:
    """Make one; it may do nothing until it is given a role.  Raises ``PolicyError``."""
    who = authorization.require(by, WRITE, None)
    name = " ".join(display_name.split())
    _check_name(name)
    client_id = uuid.uuid4()
    user = User(username=str(client_id), first_name=name[:150])
    user.set_unusable_password()
    user.save()
    row = ServicePrincipal.objects.create(
        client_id=client_id,
        display_name=name,
        description=description.strip()[:2000],
        user=user,
        created_by=who.user,
    )
    activity.record(by, WRITE, resource_id(row), after=to_object(row))
    return row


@transaction.atomic
def add_secret(row: ServicePrincipal, label: str, days: int, by: Actor) -> NewSecret:
    """A new secret, good for 1 to 730 days.  Raises ``PolicyError``.

    Whoever has it may do what the program may, so nobody makes one of a program with a role that
    they could not give it themselves.
    """
    authorization.require(by, WRITE, None)
    for given in assigning.held_by(row.user):
        authorization.require(by, assigning.WRITE, given.scope)
    if row.revoked_at is not None:
        raise _revoked(row)
    if not 1 <= days <= LONGEST_DAYS:
        text = f"A secret is good for 1 to {LONGEST_DAYS} days, and not for {days}."
        raise PolicyError("InvalidExpiry", text, target="days")
    before = to_object(row)
    text = new_secret(SECRET_PREFIX)
    secret = ServicePrincipalSecret.objects.create(
        service_principal=row,
        label=" ".join(label.split())[:100],
        hint=text.removeprefix(f"{SECRET_PREFIX}_")[:3],
        digest=digest(text),
        expires_at=timezone.now() + timedelta(days=days),
    )
    activity.record(by, WRITE, resource_id(row), before=before, after=to_object(row))
    return NewSecret(secret, text)


@transaction.atomic
def revoke_secret(row: ServicePrincipal, secret_id: int, by: Actor) -> ServicePrincipalSecret:
    """End a secret and every token that was made with it, at once.  Raises ``PolicyError``."""
    authorization.require(by, WRITE, None)
    secret = row.secrets.filter(pk=secret_id).first()
    if secret is None:
        raise NotFound("SecretNotFound", f"'{row}' has no such secret.")
    before = to_object(row)
    if secret.revoked_at is None:
        secret.revoked_at = timezone.now()
        secret.save(update_fields=["revoked_at"])
        activity.record(by, WRITE, resource_id(row), before=before, after=to_object(row))
    return secret


@transaction.atomic
def revoke(row: ServicePrincipal, by: Actor) -> None:
    """End the service principal for good, with its secrets, tokens and roles.

    Its row and its user stay, so that what it did keeps its name.  Raises ``PolicyError``.
    """
    authorization.require(by, DELETE, None)
    if row.revoked_at is not None:
        return
    before = to_object(row)
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    User.objects.filter(pk=row.user_id).update(is_active=False)
    row.user.is_active = False
    assigning.end_all(authorization.object_of(row.user), by)
    activity.record(by, DELETE, resource_id(row), before=before)


def sign_in(client_id: str, secret: str) -> NewToken | None:
    """An access token for the right secret of the client; None whatever is wrong with either."""
    now = timezone.now()
    found = (
        ServicePrincipalSecret.objects.select_related("service_principal__user")
        .filter(service_principal__client_id=_guid(client_id), digest=digest(secret))
        .filter(_good(now))
        .first()
    )
    if found is None:
        return None
    ServicePrincipalSecret.objects.filter(pk=found.pk).update(last_used_at=now)
    ends_at = now.timestamp() + TOKEN_SECONDS
    text = TOKEN_PREFIX + signing.dumps([found.pk, ends_at], salt=_SALT)
    return NewToken(found.service_principal.user, text)


def user_of_token(token: str) -> User | None:
    """The technical user behind an access token; None where it is none, or has ended."""
    now = timezone.now()
    try:
        secret_id, ends_at = signing.loads(token.removeprefix(TOKEN_PREFIX), salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if ends_at < now.timestamp():
        return None
    found = (
        ServicePrincipalSecret.objects.select_related("service_principal__user")
        .filter(_good(now), pk=secret_id)
        .first()
    )
    if found is None:
        return None
    if found.last_used_at is None or now - found.last_used_at > _USE_NOTED_EVERY:
        ServicePrincipalSecret.objects.filter(pk=found.pk).update(last_used_at=now)
    return found.service_principal.user


def resource_id(row: ServicePrincipal) -> str:
    """The id under which the activity log names it."""
    return f"/providers/{actions.SERVICE_PRINCIPALS}/{row.client_id}"


def to_object(row: ServicePrincipal) -> dict[str, Any]:
    """What the activity log keeps of it: no hash, and no text of a secret."""
    return {
        "appId": str(row.client_id),
        "displayName": row.display_name,
        "description": row.description,
        "secrets": [
            {
                "keyId": one.pk,
                "label": one.label,
                "hint": one.hint,
                "endDateTime": one.expires_at.isoformat(),
                "revokedDateTime": one.revoked_at.isoformat() if one.revoked_at else None,
            }
            for one in ServicePrincipalSecret.objects.filter(service_principal=row)
        ],
    }


def _good(now: datetime) -> Q:
    alive = Q(service_principal__revoked_at=None, service_principal__user__is_active=True)
    return alive & Q(revoked_at=None, expires_at__gt=now)


def _check_name(name: str) -> None:
    if not name or len(name) > _LONGEST_NAME or "\x00" in name:
        text = f"A service principal needs a name of 1 to {_LONGEST_NAME} characters."
        raise PolicyError("InvalidDisplayName", text, target="display_name")
    if ServicePrincipal.objects.filter(display_name__iexact=name).exists():
        text = f"There is a service principal '{name}' already; choose another name."
        raise PolicyError("DisplayNameTaken", text, target="display_name", status=409)


def _revoked(row: ServicePrincipal) -> PolicyError:
    text = f"'{row}' was revoked, for good; make another service principal."
    return PolicyError("ServicePrincipalRevoked", text, status=409)


def _guid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
