"""Ways in: bearer tokens for programs, and links that sign a person in once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from policy_app.models import ApiToken, SignInLink
from policy_app.models.access import digest, new_secret
from policy_app.services import service_principals
from policy_app.services.errors import PolicyError

TOKEN_PREFIX = "ppat"  # noqa: S105 - what a token starts with, and no token
LINK_PREFIX = "pplink"
_USE_NOTED_EVERY = timedelta(minutes=1)
_EXPIRED_LINKS_KEPT = timedelta(days=7)


def new_token(user: User, label: str = "", *, expires_at: datetime | None = None) -> str:
    """A new bearer token of ``user``; only its hash is stored, so it cannot be shown again."""
    secret = new_secret(TOKEN_PREFIX)
    ApiToken.objects.create(user=user, label=label, digest=digest(secret), expires_at=expires_at)
    return secret


def user_of_token(secret: str) -> User | None:
    """Whose token this is; None where it is unknown or expired, or its user is not active.

    The access tokens of service principals are tokens as well.
    """
    if secret.startswith(service_principals.TOKEN_PREFIX):
        return service_principals.user_of_token(secret)
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("user")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), digest=digest(secret))
        .filter(user__is_active=True)
        .first()
    )
    if token is None:
        return None
    _note_use(token, now)
    return token.user


def _note_use(token: ApiToken, now: datetime) -> None:
    """Remember the use, but not each one: a busy client must not write on every read."""
    if token.last_used_at is None or now - token.last_used_at > _USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def new_link(user: User) -> str:
    """The secret of a new one-time sign-in link, good for ``SIGN_IN_LINK_MINUTES``."""
    now = timezone.now()
    # Kept for a week, so that whoever tries an old link is told that it has expired.
    SignInLink.objects.filter(expires_at__lt=now - _EXPIRED_LINKS_KEPT).delete()
    secret = new_secret(LINK_PREFIX)
    SignInLink.objects.create(
        user=user,
        digest=digest(secret),
        expires_at=now + timedelta(minutes=settings.SIGN_IN_LINK_MINUTES),
    )
    return secret


def redeem(secret: str) -> User:
    """Use a link up and return its user.

    Raises ``PolicyError`` (403) with the code ``SignInLinkUsed``, ``SignInLinkExpired`` or
    ``SignInLinkUnknown``.
    """
    now = timezone.now()
    link = SignInLink.objects.select_related("user").filter(digest=digest(secret)).first()
    if link is None or not link.user.is_active:
        raise _refused("SignInLinkUnknown", "This is no sign-in link of this portal.")
    # One statement decides: of two requests with the same link, the database lets one win.
    # Only the link's own columns are compared, which PostgreSQL checks again under the lock.
    unused = SignInLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=now)
    if unused.update(used_at=now) == 1:
        return link.user
    if link.expires_at <= now:
        raise _refused("SignInLinkExpired", "This sign-in link has expired.")
    raise _refused("SignInLinkUsed", "This sign-in link has been used; each one works once.")


def _refused(code: str, what: str) -> PolicyError:
    return PolicyError(
        code,
        f"{what} Make a new one with: policy-portal sign-in-link --user NAME",
        target="link",
        status=403,
    )
