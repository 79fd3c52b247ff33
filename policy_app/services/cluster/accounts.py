"""Tokens of service accounts: what ``kubectl create token`` gives, and who comes with one.

A token is signed by the portal and stored nowhere. It ends with its time, with its account, and
with the cluster that it was given for.  Source: ``authentication.k8s.io/v1`` TokenRequest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core import signing
from django.utils import timezone

from policy_app.apimachinery import errors
from policy_app.apimachinery.objects import Object, timestamp, uid_of
from policy_app.models import Cluster, KubeObject
from policy_app.services.cluster import reads
from policy_app.services.cluster.caller import AUTHENTICATED, Caller, Target

PREFIX = "ppsa_"
_SALT = "policy-portal.serviceaccount"
_SHORTEST, _USUAL, _LONGEST = 600, 3600, 2**32
"""Seconds that a token may be asked for, as in a real API server."""


def new_token(cluster: Cluster, target: Target, request: Any) -> Object:
    """The TokenRequest with the token in its status.  Raises ``ApiError`` 404 or 422."""
    account = reads.get(cluster, target.kind, target.namespace, target.name)
    spec = request.get("spec") if isinstance(request, Mapping) else None
    given: Mapping[str, Any] = spec if isinstance(spec, Mapping) else {}
    seconds = _seconds(target, given.get("expirationSeconds"))
    ends_at = timezone.now() + timedelta(seconds=seconds)
    claims = [cluster.pk, target.namespace, target.name, uid_of(account), ends_at.timestamp()]
    token = PREFIX + signing.dumps(claims, salt=_SALT)
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": target.name, "namespace": target.namespace},
        "spec": {**given, "expirationSeconds": seconds},
        "status": {"token": token, "expirationTimestamp": timestamp(ends_at)},
    }


def caller_of(cluster: Cluster, token: str) -> Caller | None:
    """The service account whose token it is; None where it has ended or is for another cluster."""
    try:
        claims = signing.loads(token.removeprefix(PREFIX), salt=_SALT)
    except signing.BadSignature:
        return None
    cluster_id, namespace, name, uid, ends_at = claims
    if cluster_id != cluster.pk or ends_at < timezone.now().timestamp():
        return None
    there = KubeObject.objects.filter(
        cluster=cluster, group="", plural="serviceaccounts", namespace=namespace, name=name, uid=uid
    )
    if not there.exists():
        return None
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return Caller(f"system:serviceaccount:{namespace}:{name}", groups, uid=uid)


def _seconds(target: Target, wanted: Any) -> int:
    if wanted is None:
        return _USUAL
    if isinstance(wanted, bool) or not isinstance(wanted, int):
        raise errors.bad_request("TokenRequest: spec.expirationSeconds must be a whole number")
    if _SHORTEST <= wanted <= _LONGEST:
        return wanted
    limit = "may not specify a duration less than 10 minutes"
    if wanted > _LONGEST:
        limit = f"may not specify a duration larger than {_LONGEST} seconds"
    cause = errors.Cause("spec.expirationSeconds", f"Invalid value: {wanted}: {limit}")
    raise errors.invalid(target.kind, target.name, [cause])
