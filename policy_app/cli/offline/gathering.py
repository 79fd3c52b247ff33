"""From what the user names to what is in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from policy_app.catalog.shelf import Shelf
from policy_app.cli.offline import gatekeeper, references
from policy_app.cli.offline.assigning import Assigning
from policy_app.cli.offline.errors import Trouble, TroubleError
from policy_app.cli.offline.policies import Policies, Wanted
from policy_app.cli.offline.progress import Progress
from policy_app.cli.offline.references import Reference, Target


def gather(wanted: Wanted, shelf: Shelf, progress: Progress) -> Policies:
    """Resolve and compile everything; what fails is among the troubles."""
    policies = Policies()
    targets = list(_targets(wanted, shelf, policies.troubles))
    if targets:
        known = [target.parameters for _, target in targets]
        policies.troubles += wanted.values.strangers(known)
    assigning = Assigning(shelf, wanted.values, targets, policies)
    for reference, target in targets:
        assigning.assign(reference, target)
    if wanted.constraints:
        gatekeeper.add_files(wanted.constraints, policies, progress)
    return policies


def _targets(
    wanted: Wanted, shelf: Shelf, troubles: list[Trouble]
) -> Iterator[tuple[Reference, Target]]:
    """Definitions and initiatives; each is named once."""
    asked: list[tuple[str, Callable[[Reference, Shelf], Target]]] = [
        *((text, references.definition) for text in dict.fromkeys(wanted.definitions)),
        *((text, references.initiative) for text in dict.fromkeys(wanted.initiatives)),
        *((text, references.resolve) for text in dict.fromkeys(wanted.either)),
    ]
    for text, find in asked:
        reference = Reference.parse(text)
        try:
            yield reference, find(reference, shelf)
        except TroubleError as error:
            troubles.append(error.trouble)
