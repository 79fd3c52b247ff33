"""The portal as the admission webhooks of a real cluster: who may ask, and what is answered.

A webhook must answer in time, whatever happens.  So requests decide by a snapshot of what is in
force, which is looked at again every half second, and at once where this process changed
something; the database is asked in a thread of its own, for no longer than the API server waits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar
from uuid import uuid4

import structlog
from django.db import DatabaseError, InterfaceError, connection, connections, transaction
from django.dispatch import receiver
from django.utils.crypto import constant_time_compare, salted_hmac
from simple_history.signals import post_create_historical_record

from policy_app import wall_clock
from policy_app.apimachinery import errors
from policy_app.evaluation.gatekeeper.errors import ReviewError
from policy_app.evaluation.gatekeeper.exemptions import NAME_LABEL
from policy_app.evaluation.gatekeeper.mutation.json_values import without_nulls
from policy_app.evaluation.gatekeeper.review import OPERATIONS, Review
from policy_app.evaluation.gatekeeper.webhook import Answer
from policy_app.evaluation.rego.limits import ending_at
from policy_app.models import AddonState, Cluster, Refusal
from policy_app.services import access, authorization
from policy_app.services.authorization import actions
from policy_app.services.cluster import addon, denials, lookup, standing, wakeups
from policy_app.services.cluster.installed import Installed, installed
from policy_app.services.cluster.store import namespaces

_Fields = tuple[tuple[str, type], ...]

VALIDATE, MUTATE = "validate", "mutate"
TOKEN_PREFIX = "ppwh"  # noqa: S105 - what a token starts with, and no token
GOOD_FOR = 0.5
"""Seconds for which a snapshot is believed without asking."""
_USED_FOR = 1.5
"""Seconds for which it is used while a newer one is read, so that nobody waits under load."""
_KEPT = 64
_THREADS = 4
_REQUEST_FIELDS: _Fields = (
    *((name, str) for name in ("uid", "name", "namespace", "subResource", "requestSubResource")),
    *((name, dict) for name in ("kind", "resource", "requestKind", "requestResource")),
    ("dryRun", bool),
)
_USER_FIELDS: _Fields = (("username", str), ("groups", list))
_OBJECT_FIELDS: _Fields = (("apiVersion", str), ("kind", str), ("metadata", dict))
_METADATA_FIELDS: _Fields = (
    *((name, str) for name in ("name", "namespace", "generateName")),
    *((name, dict) for name in ("labels", "annotations")),
)
_log = structlog.get_logger("webhooks")
_Found = TypeVar("_Found")


class Undecided(Exception):  # noqa: N818 - what follows is a decision by failurePolicy
    """Nobody could tell in time; the message says why."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What decides for a cluster, as it was a moment ago."""

    cluster: Cluster
    token_number: int
    deciding: Installed
    namespaces: Mapping[str, Mapping[str, Any]]
    row: standing.Row = ()
    """Everything that decides, in numbers: as long as they stay, so does the rest."""
    due_at: datetime | None = None
    """When the add-on does something of itself."""
    read_at: float = 0.0
    epoch: tuple[int, int] = (0, 0)
    callers: set[str] = field(default_factory=set)
    """The portal's own tokens that were good when this was read."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a webhook: which cluster and webhook, with which token, and by when."""

    cluster: str
    """The name in the address."""
    webhook: str
    token: str
    deadline: float
    """By ``time.monotonic``."""


def token_of(cluster: Cluster) -> str:
    """The token that the cluster's API server calls with; the same until a new one is asked for."""
    number = addon.state_of(cluster).token_number
    return _token(lookup.name_of(cluster), number)


def renew_token(cluster: Cluster) -> str:
    """A new token; the one before is good no longer."""
    state = addon.state_of(cluster)
    AddonState.objects.filter(pk=state.pk).update(token_number=state.token_number + 1)
    return token_of(cluster)


def trust_connections() -> None:
    """Ask for no token: this process's listener lets in nobody without a client certificate."""
    global _certified
    _certified = True


def require_signature(call: Call) -> None:
    """What can be told of a token without the database.  Raises ``ApiError`` 401."""
    if _needs_no_token(call) or call.token.startswith(f"{access.TOKEN_PREFIX}_"):
        return
    prefix, number, _ = (*call.token.split("_"), "", "", "")[:3]
    good = prefix == TOKEN_PREFIX and number.isdecimal() and len(number) < 10
    if not good or not constant_time_compare(call.token, _token(call.cluster, int(number))):
        raise errors.unauthorized()


def answer(call: Call, document: Mapping[str, Any]) -> Answer:
    """The answer to an ``AdmissionReview``, to a call whose signature was found good.

    Raises ``ApiError`` 400, 401 or 404 for a call that is wrong, and ``Undecided``.
    """
    review = _review(document)
    current = _snapshot(call)
    _require_caller(call, current)
    try:
        with ending_at(call.deadline):
            given = _decided(call, current, review)
    except Exception as error:
        # What was asked about may be a Secret: only the kind of the error is told.
        _log.error("webhook failed", cluster=call.cluster, error=type(error).__name__)
        raise Undecided("the policies could not be evaluated") from None
    if time.monotonic() > call.deadline:
        raise Undecided("the policies took too long")
    if not given.allowed and call.webhook == VALIDATE:
        _keep(current.cluster, review, given)
    return given


def _decided(call: Call, current: Snapshot, review: Review) -> Answer:
    deciding, namespaces = current.deciding, _with_home(current.namespaces, review)
    if call.webhook == VALIDATE:
        return deciding.webhook.answer(review, namespaces)
    thing = review.object
    asked = replace(review, object=without_nulls(dict(thing))) if thing is not None else review
    return deciding.mutation.answer(asked, namespaces, mutation_id=str(uuid4()))


def _review(document: Mapping[str, Any]) -> Review:
    if (document.get("apiVersion"), document.get("kind")) != (
        "admission.k8s.io/v1",
        "AdmissionReview",
    ):
        raise errors.bad_request("the body must be an AdmissionReview of admission.k8s.io/v1")
    try:
        review = Review.from_admission_review(document)
    except ReviewError as error:
        raise errors.bad_request(error.message) from None
    request = document["request"]
    if not review.uid:
        raise errors.bad_request("request.uid must be the identity of the request")
    if request.get("operation") not in OPERATIONS:
        known = ", ".join(OPERATIONS)
        raise errors.bad_request(f"request.operation must be one of {known}")
    _check_shape(request)
    return review


def _check_shape(request: Mapping[str, Any]) -> None:
    """What every API server sends well-typed, so that no policy meets anything else.

    Raises ``ApiError`` 400.
    """
    _check_fields("request", request, _REQUEST_FIELDS)
    for name in ("kind", "resource", "requestKind", "requestResource"):
        _check_texts(f"request.{name}.{{}}", request.get(name) or {})
    _check_fields("request.userInfo", request.get("userInfo") or {}, _USER_FIELDS)
    for name in ("object", "oldObject"):
        _check_object(f"request.{name}", request.get(name) or {})


def _check_object(path: str, thing: Mapping[str, Any]) -> None:
    _check_fields(path, thing, _OBJECT_FIELDS)
    metadata = thing.get("metadata") or {}
    _check_fields(f"{path}.metadata", metadata, _METADATA_FIELDS)
    for name in ("labels", "annotations"):
        _check_texts(f"{path}.metadata.{name}[{{}}]", metadata.get(name) or {})


def _check_fields(path: str, thing: Mapping[str, Any], fields: Iterable[tuple[str, type]]) -> None:
    for name, wanted in fields:
        value = thing.get(name)
        if value is not None and not isinstance(value, wanted):
            raise _of_wrong_type(f"{path}.{name}", wanted)


def _check_texts(path: str, texts: Mapping[str, Any]) -> None:
    for name, value in texts.items():
        if not isinstance(value, str) and value is not None:
            raise _of_wrong_type(path.format(name), str)


def _of_wrong_type(path: str, wanted: type) -> errors.ApiError:
    name = {str: "a string", list: "a list", bool: "true or false"}.get(wanted, "an object")
    return errors.bad_request(f"{path} must be {name}")


def _with_home(
    known: Mapping[str, Mapping[str, Any]], review: Review
) -> Mapping[str, Mapping[str, Any]]:
    """The Namespaces, with that of the request: the API server knows that it is there."""
    name = review.namespace
    if not name or name in known:
        return known
    metadata = {"name": name, "labels": {NAME_LABEL: name}}
    return {**known, name: {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}}


# Who may ask

_certified = False


def _needs_no_token(call: Call) -> bool:
    """A certificate does; who sends a token all the same is asked about that."""
    return _certified and not call.token


@lru_cache(maxsize=256)
def _token(name: str, number: int) -> str:
    signature = salted_hmac("policy_app.webhooks", f"{name.lower()}/{number}", algorithm="sha256")
    return f"{TOKEN_PREFIX}_{number}_{signature.hexdigest()}"


def _require_caller(call: Call, current: Snapshot) -> None:
    """Raises ``ApiError`` 401 for a token that is not good any more."""
    if _needs_no_token(call):
        return
    if not call.token.startswith(f"{access.TOKEN_PREFIX}_"):
        if call.token.split("_")[1] != str(current.token_number):
            raise errors.unauthorized()
        return
    if call.token in current.callers:
        return
    if not _asked(lambda: _may_ask(call.token, current.cluster), call.deadline):
        raise errors.unauthorized()
    current.callers.add(call.token)


def _may_ask(token: str, cluster: Cluster) -> bool:
    """Is it the token of somebody with a role that may read the cluster?"""
    user = access.user_of_token(token)
    read = actions.read_cluster(cluster.resource_type)
    return user is not None and authorization.may(user, read, cluster.scope)


# What is in force

_lock = Lock()
_epoch = 0
_snapshots: dict[str, Snapshot] = {}
_under_way: dict[str, Future[Snapshot]] = {}
_pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="webhooks")


@receiver(post_create_historical_record)
def _estate_changed(**_: Any) -> None:
    """An assignment, an exemption or a definition was changed here: look again at once."""
    transaction.on_commit(_forget)


def _forget() -> None:
    global _epoch
    _epoch += 1


def _snapshot(call: Call) -> Snapshot:
    """What is in force.  Raises ``ApiError`` 404 and ``Undecided``."""
    if connection.in_atomic_block:
        # Nobody else would see what this transaction has written.
        return _asked(lambda: _read(call.cluster, None), call.deadline)
    key = call.cluster.lower()
    kept = _snapshots.get(key)
    known = kept is not None and kept.epoch == _epoch_of(kept)
    age = time.monotonic() - kept.read_at if kept is not None and known else math.inf
    if kept is not None and age < GOOD_FOR:
        return kept
    reading = _reading(key, kept)
    return kept if kept is not None and age < _USED_FOR else _awaited(reading, call.deadline)


def _reading(key: str, kept: Snapshot | None) -> Future[Snapshot]:
    """A newer snapshot on its way; whoever asks for one meanwhile gets the same."""
    with _lock:
        reading = _under_way.get(key)
        if reading is None or reading.done():
            reading = _pool.submit(_in_thread, lambda: _refreshed(key, kept))
            _under_way[key] = reading
    return reading


def _epoch_of(one: Snapshot) -> tuple[int, int]:
    return _epoch, wakeups.decisions(one.cluster.pk)


def _refreshed(name: str, kept: Snapshot | None) -> Snapshot:
    began, epoch = time.monotonic(), (_epoch, wakeups.decisions(kept.cluster.pk) if kept else 0)
    found = _read(name, kept)
    if kept is None:
        epoch = _epoch, wakeups.decisions(found.cluster.pk)
    fresh = replace(found, read_at=began, epoch=epoch)
    with _lock:
        if len(_snapshots) >= _KEPT and name not in _snapshots:
            oldest = next(iter(_snapshots))
            _snapshots.pop(oldest)
            _under_way.pop(oldest, None)
        _snapshots[name] = fresh
    return fresh


def _read(name: str, kept: Snapshot | None) -> Snapshot:
    """What is in force now; nothing is read again where all stands as it did."""
    if kept is not None and _stands(kept):
        return replace(kept, callers=set())
    cluster = lookup.by_name(name)
    addon.catch_up(cluster)
    # Looked at before what it tells of is read: a change in between is found the next time.
    row = standing.of(cluster, synced=True)
    cluster.refresh_from_db(fields=["addon_enabled"])
    state = addon.state_of(cluster)
    deciding = installed(cluster)
    known = {one.name: one.body for one in namespaces(cluster)}
    due_at = addon.due_by_time(state)
    seen = row if deciding.synced else (*row[:-1], 0)
    return Snapshot(cluster, state.token_number, deciding, known, seen, due_at)


def _stands(kept: Snapshot) -> bool:
    """Whether nothing has changed: one statement, so that answers under way are not held up."""
    if kept.due_at is not None and wall_clock.now() >= kept.due_at:
        return False
    row = standing.of(kept.cluster, synced=bool(kept.deciding.synced))
    return bool(row) and row == kept.row


def _asked(work: Callable[[], _Found], deadline: float) -> _Found:
    """What the database says, in time; inside a transaction nobody else can ask it."""
    if connection.in_atomic_block:
        return work()
    return _awaited(_pool.submit(_in_thread, work), deadline)


def _awaited(future: Future[_Found], deadline: float) -> _Found:
    try:
        return future.result(max(deadline - time.monotonic(), 0.0))
    except TookTooLong:
        raise Undecided("the database did not answer in time") from None
    except (DatabaseError, InterfaceError) as error:
        _log.warning("webhook without a database", error=type(error).__name__)
        raise Undecided("the database did not answer") from None


def _in_thread(work: Callable[[], _Found]) -> _Found:
    """Work with a connection of its own, which is not kept: it may be gone the next time."""
    try:
        return work()
    finally:
        connections.close_all()


def _keep(cluster: Cluster, review: Review, given: Answer) -> None:
    """Remember a refusal after it was answered."""
    dry_run = bool(review.extra.get("dryRun"))
    refused = denials.Refused(review, given, dry_run=dry_run, door=Refusal.Door.WEBHOOK)
    if connection.in_atomic_block:
        denials.keep(cluster, refused)
    else:
        denials.keep_later(cluster, refused)
