"""All mutators together: their order, and their rounds over an object until it rests.

Source: ``pkg/mutation/system.go`` and the mutation webhook of Gatekeeper.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from policy_app.evaluation.gatekeeper.constraints import NO_ORIGIN
from policy_app.evaluation.gatekeeper.errors import MutationError
from policy_app.evaluation.gatekeeper.external_data import Provider
from policy_app.evaluation.gatekeeper.json_schema import field_path
from policy_app.evaluation.gatekeeper.match import Matched, MatchError, Subject
from policy_app.evaluation.gatekeeper.mutation.conflicts import Conflicts, conflicts_among
from policy_app.evaluation.gatekeeper.mutation.external_data import Resolver
from policy_app.evaluation.gatekeeper.mutation.json_values import (
    differences,
    same,
    to_patch,
)
from policy_app.evaluation.gatekeeper.mutation.mutator import Mutator, MutatorId
from policy_app.evaluation.gatekeeper.review import CONNECT, DELETE, Review
from policy_app.evaluation.gatekeeper.scopes import split_api_version
from policy_app.evaluation.results import Origin

MUTATIONS_ANNOTATION = "gatekeeper.sh/mutations"
ID_ANNOTATION = "gatekeeper.sh/mutation-id"
ANNOTATIONS = (MUTATIONS_ANNOTATION, ID_ANNOTATION)
_OWN_GROUPS = ".gatekeeper.sh"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that one mutator did; ``before`` or ``after`` is None where there was nothing."""

    mutator: MutatorId
    path: str
    """The field, such as ``spec.containers[0].image``."""
    before: Any
    after: Any
    kind: Literal["add", "remove", "replace"] = "replace"
    origin: Origin = NO_ORIGIN


@dataclass(frozen=True, slots=True)
class Mutated:
    """An object after its mutations.

    ``patch`` is the RFC 6902 JSON Patch from the object as it came; empty where nothing changed.
    """

    object: dict[str, Any]
    changes: tuple[Change, ...] = ()
    patch: Sequence[Mapping[str, Any]] = ()

    @property
    def changed(self) -> bool:
        """Whether the object is another than it was."""
        return bool(self.patch)


class Mutators:
    """Mutators in force.  Safe to use from several threads.

    ``providers`` are the external data providers that they may ask, by name.
    ``with_operations`` heeds ``applyTo.operations``, as newer versions of Gatekeeper do; the
    version that AKS runs does not know the field.
    """

    def __init__(
        self,
        mutators: Iterable[Mutator] = (),
        *,
        providers: Mapping[str, Provider] | None = None,
        with_operations: bool = False,
    ) -> None:
        by_id = {each.id: each for each in mutators}
        self._mutators = tuple(by_id[each] for each in sorted(by_id))
        self._conflicts = conflicts_among(self._mutators)
        self._active = tuple(each for each in self._mutators if each.id not in self._conflicts)
        self._providers = providers or {}
        self._with_operations = with_operations

    @classmethod
    def parse(
        cls,
        objects: Iterable[Mapping[str, Any]],
        *,
        providers: Mapping[str, Provider] | None = None,
        with_operations: bool = False,
    ) -> Mutators:
        """Read the mutators' Kubernetes objects.  Raises ``MutatorError``."""
        found = [Mutator.parse(each) for each in objects]
        return cls(found, providers=providers, with_operations=with_operations)

    @property
    def all(self) -> tuple[Mutator, ...]:
        """The mutators in the order in which they run, those in conflict included."""
        return self._mutators

    @property
    def conflicts(self) -> Conflicts:
        """The mutators that do not run, each with those that it is in conflict with."""
        return self._conflicts

    def narrowed(self, ids: Collection[MutatorId]) -> Mutators:
        """Some of them alone, with the same providers; those in conflict do not run here either."""
        return Mutators(
            (each for each in self._active if each.id in ids),
            providers=self._providers,
            with_operations=self._with_operations,
        )

    def mutate(
        self,
        review: Review,
        *,
        namespaces: Mapping[str, Mapping[str, Any]] | None = None,
        mutation_id: str = "",
    ) -> Mutated:
        """What the mutation webhook makes of a request's object.

        ``namespaces`` holds the Namespace objects that are known, by name.  With a
        ``mutation_id``, a changed object tells in its annotations what has changed it.  Raises
        ``MutationError`` where the request fails.
        """
        thing = dict(review.object or {})
        if not self._active or not _is_mutable(review):
            return Mutated(thing)
        namespace = review.namespace_object or (namespaces or {}).get(review.namespace)
        username = str(review.user_info.get("username") or "")
        placed = _placed(thing, review.namespace)
        found = self.apply(
            placed,
            namespace,
            source=review.source,
            username=username,
            operation=review.operation,
            mutation_id=mutation_id,
        )
        if placed is thing or not found.changed:
            return replace(found, object=found.object if found.changed else thing)
        result = _unplaced(found.object, thing)
        return replace(found, object=result, patch=to_patch(differences(thing, result)))

    def apply(
        self,
        thing: dict[str, Any],
        namespace: Mapping[str, Any] | None = None,
        *,
        source: str = "",
        username: str = "",
        operation: str = "",
        mutation_id: str = "",
    ) -> Mutated:
        """Run the mutators over an object.  Raises ``MutationError``."""
        if not self._active:
            return Mutated(thing)
        asked = operation if self._with_operations else ""
        rounds = _Rounds(self._active, namespace, source, username, asked)
        settled = rounds.run(thing)
        if not rounds.applied or same(settled, thing):
            return Mutated(thing)
        resolver = Resolver(self._providers)
        resolver.ask(settled)
        answered = (
            replace(one, before=resolver.resolved(one.before), after=resolver.resolved(one.after))
            for one in rounds.changes
        )
        changes = tuple(
            one for one in answered if one.kind != "replace" or not same(one.before, one.after)
        )
        result = resolver.resolved(settled)
        if mutation_id:
            _annotate(result, rounds.applied, mutation_id)
        return Mutated(result, changes, to_patch(differences(thing, result)))


class _Rounds:
    """The mutators' rounds over one object, and what each did."""

    def __init__(
        self,
        mutators: Sequence[Mutator],
        namespace: Mapping[str, Any] | None,
        source: str,
        username: str,
        operation: str,
    ) -> None:
        self._mutators = mutators
        self._namespace = namespace
        self._source = source
        self._username = username
        self._operation = operation
        self.changes: list[Change] = []
        self.applied: dict[MutatorId, Mutator] = {}

    def run(self, thing: dict[str, Any]) -> dict[str, Any]:
        """The object when a round leaves it as it was.

        Raises ``MutationError`` where that does not come about in one round more than there are
        mutators.
        """
        for _ in range(len(self._mutators) + 1):
            before, applied = thing, dict[MutatorId, Mutator]()
            for mutator in self._mutators:
                thing = self._after(mutator, thing, applied)
            if same(before, thing):
                return thing
            self.applied |= applied
        raise MutationError(f"mutation not converging for {_described(thing)}")

    def _after(
        self, mutator: Mutator, thing: dict[str, Any], applied: dict[MutatorId, Mutator]
    ) -> dict[str, Any]:
        subject = Subject(thing, self._namespace, self._source)
        outcome = mutator.judge(subject, self._operation)
        if isinstance(outcome, MatchError):
            raise MutationError(
                f"matching for mutator {mutator.id} failed for {_described(thing)}: "
                f"failed to run Match criteria: {outcome.message}"
            )
        if not isinstance(outcome, Matched):
            return thing
        try:
            changed = mutator.apply(thing, self._username)
        except MutationError as error:
            raise MutationError(
                f"mutation for mutator {mutator.id} failed for {_described(thing)}: {error.message}"
            ) from None
        if changed is None:
            return thing
        applied[mutator.id] = mutator
        self._note(mutator, thing, changed)
        return changed

    def _note(self, mutator: Mutator, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.changes += [
            Change(
                mutator=mutator.id,
                path=field_path(one.steps),
                before=one.before,
                after=one.after,
                kind=one.kind,
                origin=mutator.origin,
            )
            for one in differences(before, after)
        ]


def _is_mutable(review: Review) -> bool:
    """The webhook is not asked about deletions, and leaves Gatekeeper's own objects alone."""
    if review.object is None or review.operation in (DELETE, CONNECT):
        return False
    group = split_api_version(review.object.get("apiVersion"))[0]
    return not group.endswith(_OWN_GROUPS)


def _placed(thing: dict[str, Any], namespace: str) -> dict[str, Any]:
    """The object in its request's namespace, where it does not name its own."""
    metadata = thing.get("metadata")
    if not namespace or (isinstance(metadata, Mapping) and metadata.get("namespace")):
        return thing
    inner = metadata if isinstance(metadata, Mapping) else {}
    return {**thing, "metadata": {**inner, "namespace": namespace}}


def _unplaced(result: dict[str, Any], original: Mapping[str, Any]) -> dict[str, Any]:
    """The object without the namespace that it was lent."""
    metadata = {key: value for key, value in result["metadata"].items() if key != "namespace"}
    if not metadata and "metadata" not in original:
        return {key: value for key, value in result.items() if key != "metadata"}
    return {**result, "metadata": metadata}


def _annotate(
    thing: dict[str, Any], applied: Mapping[MutatorId, Mutator], mutation_id: str
) -> None:
    annotations = thing.setdefault("metadata", {}).setdefault("annotations", {})
    names = sorted(mutator.annotation for mutator in applied.values())
    annotations |= {MUTATIONS_ANNOTATION: ", ".join(names), ID_ANNOTATION: mutation_id}


def _described(thing: Mapping[str, Any]) -> str:
    """``group kind namespace name``, as Gatekeeper ends its errors."""
    subject = Subject(thing)
    name = subject.field("name") or subject.field("generateName")
    return " ".join((subject.group, subject.kind, subject.field("namespace"), name)).strip()
