"""The portal's own assignments, for the commands that can look at them: here Django is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from policy_app.cli import environment
from policy_app.cli.failure import Failure
from policy_app.cli.offline.command import Stored
from policy_app.evaluation.language.assignments import EffectivePolicy, Resource, UnresolvedPolicy
from policy_app.evaluation.language.constraints import constraint_name
from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.exemptions import why_exempt

if TYPE_CHECKING:
    from policy_app.models import Cluster
    from policy_app.services.drafts import AssignmentDraft

Policy = EffectivePolicy | UnresolvedPolicy


def assignments(ids: Sequence[str], data: str | None, cluster: str = "") -> Stored:
    """What assignments put to work, on a cluster where one is named (its name or full id).

    Raises ``Failure`` where one of them is not there, or does not reach the cluster.
    """
    drafts = {draft.arm_id.lower(): draft for draft in _drafts(data)}
    place = _place(cluster)
    policies: list[Policy] = []
    notes: list[str] = []
    for one in ids:
        draft = drafts.get(one.lower().rstrip("/"))
        if draft is None:
            raise Failure(f"the portal has no assignment {one}; --data names its folder")
        try:
            taken, left_out = _on(draft, place)
        except LanguageError as error:
            raise Failure(f"{one} cannot be resolved: {error}") from None
        policies += taken
        notes += left_out
    resource = _resource(place) if place else None
    return Stored(policies, notes, text, resource)


def _on(draft: AssignmentDraft, cluster: Cluster | None) -> tuple[list[Policy], list[str]]:
    """An assignment's policies, and why some are left out on the cluster."""
    from policy_app.services import enforcement, reach

    with environment.told_in_words():
        assigned = enforcement.assigned(draft)
        if cluster is None:
            return assigned.on(None), []
        if not reach.reaches(draft, cluster):
            raise Failure(f"{draft.arm_id} does not reach {cluster.scope.arm_id}")
        return _not_exempt(assigned.on(cluster), cluster)


def _not_exempt(found: Iterable[Policy], cluster: Cluster) -> tuple[list[Policy], list[str]]:
    from policy_app import wall_clock
    from policy_app.services import exemptions

    holding, resource, now = exemptions.holding(cluster), _resource(cluster), wall_clock.now()
    outcomes = [(one, why_exempt(one, holding, resource, now)) for one in found]
    taken = [policy for policy, exempt in outcomes if exempt is None]
    return taken, [exempt.reason for _, exempt in outcomes if exempt is not None]


def _resource(cluster: Cluster) -> Resource:
    from policy_app.services import enforcement

    return enforcement.resource_of(cluster)


def _place(name: str) -> Cluster | None:
    return cluster(name) if name else None


def cluster(name: str) -> Cluster:
    """The one cluster of this name or id.  Raises ``Failure``."""
    from policy_app.services import scopes

    with environment.told_in_words():
        clusters = list(scopes.clusters())
    wanted = name.lower().rstrip("/")
    found = [one for one in clusters if wanted in (one.scope.key, one.scope.name.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        ids = " or ".join(one.scope.arm_id for one in found)
        raise Failure(f"several clusters are called {name}: use {ids}")
    known = ", ".join(one.scope.name for one in clusters) or "none"
    raise Failure(f"the portal has no cluster {name}; its clusters are: {known}")


def assigned(constraint: str, data: str | None) -> list[str]:
    """Lines about the assignments that make a constraint of this name."""
    lines = []
    for assignment_id, policies in every(data):
        for policy in policies:
            if _makes(policy, constraint):
                lines.append(f"  assignment: {assignment_id}")
                if policy.reference_id:
                    lines.append(f"  policy in the initiative: {policy.reference_id}")
                if policy.origin.non_compliance_message:
                    lines.append(f"  message: {policy.origin.non_compliance_message}")
    return lines


def _makes(policy: Policy, constraint: str) -> bool:
    """Whether a constraint's name is a policy's, which shows without its template."""
    template = constraint.removeprefix("azurepolicy-").rpartition("-")[0]
    return isinstance(policy, EffectivePolicy) and constraint_name(template, policy) == constraint


def text(source: Source) -> str:
    """The text at a source's URL, as the portal has it.  Raises ``SourceError``."""
    from policy_app.services import fetching

    return fetching.text(source)


def every(data: str | None) -> Iterator[tuple[str, list[Policy]]]:
    """Each assignment's id with what it puts to work; one that does not resolve is left out."""
    drafts = _drafts(data)
    from policy_app.services import enforcement
    from policy_app.services.errors import PolicyError

    with environment.told_in_words():
        for draft in drafts:
            try:
                yield draft.arm_id, enforcement.policies_of(draft)
            except (LanguageError, PolicyError):
                continue


def _drafts(data: str | None) -> list[AssignmentDraft]:
    """Every assignment that is stored; starts Django."""
    environment.start(data)
    from policy_app.models import Assignment
    from policy_app.services.drafts import from_assignment

    with environment.told_in_words():
        rows = Assignment.objects.select_related("scope", "definition").order_by("pk")
        return [from_assignment(row) for row in rows]
