"""What is kept of a refusal: a record for the portal's pages, an Event where kubectl looks.

Neither holds the object that was refused, which may be a Secret: its kind, its name, its namespace
and what the policy said have to do.  Source of the Event's form: the admission events of Gatekeeper
(``--emit-admission-events``, in the namespace of the object).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from policy_app import wall_clock
from policy_app.evaluation.gatekeeper.exemptions import OWN_NAMESPACE
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.webhook import Answer
from policy_app.evaluation.results import WEBHOOK
from policy_app.models import Cluster, Refusal
from policy_app.services.cluster import events
from policy_app.services.cluster.store import Writer

_MOST_EVENTS = 100
_LONGEST_MESSAGE = 10_000
_LONGEST_NAME = 253
_REASON = "FailedAdmission"
_SOURCE = "gatekeeper-webhook"


@dataclass(frozen=True, slots=True)
class Refused:
    """A request with the answer that refused it."""

    review: Review
    answer: Answer
    dry_run: bool = False
    at: datetime = field(default_factory=wall_clock.now)
    door: str = Refusal.Door.CLUSTER

    @property
    def note(self) -> Note:
        """What is kept of it."""
        review, kind = self.review, self.review.kind
        denials = self.answer.decision.denials
        return Note(
            at=self.at.isoformat(),
            door=str(self.door),
            operation=review.operation[:10],
            group=_name(kind.get("group")),
            version=_name(kind.get("version")),
            kind=_name(kind.get("kind")),
            namespace=_name(review.namespace),
            name=_name(_name_in(review)),
            username=_name(review.user_info.get("username")),
            constraints=tuple(sorted({one.constraint for one in denials})),
            # What the policies said, however old Gatekeeper is.
            message=_storable(self.answer.message or self.answer.reason)[:_LONGEST_MESSAGE],
            told=tuple((one.constraint, _storable(one.message)) for one in denials),
            dry_run=self.dry_run,
        )


@dataclass(frozen=True, slots=True)
class Note:
    """A refusal in plain texts, so that it may wait in a file."""

    at: str
    door: str
    operation: str
    group: str
    version: str
    kind: str
    namespace: str
    name: str
    username: str
    constraints: tuple[str, ...]
    """The names of the constraints that denied it; none where it failed as a whole."""
    message: str
    told: tuple[tuple[str, str], ...]
    """Of each violation the constraint and the message."""
    dry_run: bool = False
    times: int = 1
    """How often the same was asked."""

    @classmethod
    def from_line(cls, line: str) -> Note:
        """Read what ``to_line`` wrote.  Raises ``ValueError`` for half a line."""
        given = json.loads(line)
        try:
            told = tuple((str(name), str(message)) for name, message in given.pop("told"))
            note = cls(**given | {"told": told, "constraints": tuple(given["constraints"])})
            datetime.fromisoformat(note.at)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(str(error)) from error
        return note

    def to_line(self) -> str:
        """One line without its end."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @property
    def identity(self) -> tuple[Any, ...]:
        """What a record tells of it, but for the time."""
        about = self.operation, self.group, self.kind, self.namespace, self.name
        return (*about, self.username, self.message, self.dry_run, self.door)

    def again(self) -> Note:
        """The same, asked once more."""
        return replace(self, times=self.times + 1)

    def record(self, cluster: Cluster) -> Refusal:
        """The row for the portal's pages."""
        return Refusal(
            cluster=cluster,
            at=datetime.fromisoformat(self.at),
            door=self.door,
            operation=self.operation,
            group=self.group,
            kind=self.kind,
            namespace=self.namespace,
            name=self.name,
            username=self.username,
            constraints=list(self.constraints),
            message=self.message,
            dry_run=self.dry_run,
            times=self.times,
        )


def tell(writer: Writer, notes: Iterable[Note]) -> None:
    """An Event a message; what is refused many times within a moment is told once."""
    told: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in notes:
        thing = _about(writer, one)
        for message in _messages(one):
            told.setdefault((thing["metadata"]["uid"], message), thing)
    for (_, message), thing in list(told.items())[:_MOST_EVENTS]:
        events.record(writer, thing, events.WARNING, _REASON, message, _SOURCE)


def _messages(note: Note) -> Iterable[str]:
    """A message a violation, as Gatekeeper words it; what failed as a whole has one."""
    head = f'Admission webhook "{WEBHOOK}" denied request'
    home = f"{head}, Resource Namespace: {note.namespace}"
    for constraint, message in note.told:
        yield f"{home}, Constraint: {constraint}, Message: {message}"
    if not note.told:
        yield f"{home}, Message: {note.message}"


def _about(writer: Writer, note: Note) -> Mapping[str, Any]:
    """What the Event is about: an object that was never stored, so the uid is made of its name."""
    told = "/".join((note.group, note.kind, note.namespace, note.name))
    known = bool(note.namespace) and writer.namespace(note.namespace) is not None
    return {
        "apiVersion": f"{note.group}/{note.version}" if note.group else note.version,
        "kind": note.kind,
        "metadata": {
            "name": note.name,
            "namespace": note.namespace if known else OWN_NAMESPACE,
            "uid": hashlib.sha256(told.encode()).hexdigest()[:32],
        },
    }


def _name_in(review: Review) -> str:
    """The object's name; what is still to be named goes by its ``generateName``."""
    if review.name:
        return review.name
    metadata = (review.object or {}).get("metadata")
    given = metadata.get("generateName") if isinstance(metadata, Mapping) else ""
    return str(given or "unnamed")


def _name(given: object) -> str:
    return _storable(str(given or ""))[:_LONGEST_NAME]


def _storable(text: str) -> str:
    """PostgreSQL takes no NUL, and neither database half a surrogate pair."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
