"""From what the user names to what is in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from policy_app.catalog.shelf import Shelf
from policy_app.cli.offline import references
from policy_app.cli.offline.assigning import Assigning
from policy_app.cli.offline.errors import Trouble, TroubleError
from policy_app.cli.offline.policies import Policies, Wanted
from policy_app.cli.offline.progress import Progress
from policy_app.cli.offline.references import Reference, Target
from policy_app.evaluation.language.assignment_resource import Assignment


@dataclass(frozen=True, slots=True)
class _Asked:
    """A definition or initiative, and the user's own assignment of it if there is one."""

    reference: Reference
    target: Target
    assignment: Assignment | None = None


def gather(wanted: Wanted, shelf: Shelf, progress: Progress) -> Policies:
    """Resolve and compile everything; what fails is among the troubles."""
    policies = Policies(engines=wanted.engines)
    asked = list(_asked(wanted, shelf, policies.troubles))
    if asked:
        known = [one.target.parameters for one in asked if one.assignment is None]
        policies.troubles += wanted.values.strangers(known)
    targets = [(one.reference, one.target) for one in asked]
    assigning = Assigning(shelf, wanted.values, targets, policies, wanted.elsewhere, wanted.cluster)
    for one in asked:
        if one.assignment is None:
            assigning.assign(one.reference, one.target)
        else:
            assigning.put_to_work(one.reference, one.target, one.assignment)
    for policy in wanted.stored:
        assigning.install(Reference.parse(policy.assignment.id), policy)
    if wanted.constraints:
        from policy_app.cli.offline import gatekeeper

        gatekeeper.add_files(wanted.constraints, policies, progress)
    return policies


def _asked(wanted: Wanted, shelf: Shelf, troubles: list[Trouble]) -> Iterator[_Asked]:
    """Definitions and initiatives; each is named once."""
    found: list[tuple[str, Callable[[Reference, Shelf], _Asked]]] = [
        *((text, _definition) for text in dict.fromkeys(wanted.definitions)),
        *((text, _initiative) for text in dict.fromkeys(wanted.initiatives)),
        *((text, _either) for text in dict.fromkeys(wanted.either)),
    ]
    for text, find in found:
        try:
            yield find(Reference.parse(text), shelf)
        except TroubleError as error:
            troubles.append(error.trouble)


def _definition(reference: Reference, shelf: Shelf) -> _Asked:
    return _Asked(reference, references.definition(reference, shelf))


def _initiative(reference: Reference, shelf: Shelf) -> _Asked:
    return _Asked(reference, references.initiative(reference, shelf))


def _either(reference: Reference, shelf: Shelf) -> _Asked:
    assignment = references.assignment(reference)
    if assignment is None:
        return _Asked(reference, references.resolve(reference, shelf))
    version = f"@{assignment.definition_version}" if assignment.definition_version else ""
    target = Reference.parse(f"{assignment.policy_definition_id}{version}")
    return _Asked(reference, references.resolve(target, shelf), assignment)
