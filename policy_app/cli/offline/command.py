"""From a parsed command line to policies, and from what went wrong to stderr."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from policy_app.catalog.shelf import Shelf
from policy_app.cli.failure import Failure
from policy_app.cli.offline import compiled
from policy_app.cli.offline.assigning import Policy
from policy_app.cli.offline.elsewhere import at_hosts
from policy_app.cli.offline.engines import engines
from policy_app.cli.offline.errors import INPUT, POLICY, Trouble, TroubleError
from policy_app.cli.offline.gathering import gather
from policy_app.cli.offline.inputs import Inputs
from policy_app.cli.offline.inputs import read as read_files
from policy_app.cli.offline.mutating import Surroundings, namespaces_among
from policy_app.cli.offline.policies import Policies, Wanted
from policy_app.cli.offline.progress import Progress
from policy_app.cli.offline.report import PASSED, UNREADABLE, UNRESOLVED
from policy_app.cli.offline.values import Values, read, written
from policy_app.evaluation.language.assignments import Resource
from policy_app.evaluation.language.installation import Texts

_FEW = 5
_PROVIDERS = {
    "managedClusters": "Microsoft.ContainerService",
    "connectedClusters": "Microsoft.Kubernetes",
}


def policies(arguments: argparse.Namespace, progress: Progress) -> Policies:
    """The policies that the options name; what fails is among the troubles."""
    compiled.use()
    try:
        values = _values(arguments)
    except TroubleError as error:
        return Policies(troubles=[error.trouble])
    wanted = Wanted(
        definitions=arguments.definitions,
        initiatives=arguments.initiatives,
        constraints=arguments.constraints,
        engines=engines(getattr(arguments, "cel", None)),
        values=values,
        elsewhere=at_hosts(arguments.allowed_hosts),
        cluster=_cluster(arguments),
    )
    return gather(wanted, Shelf(), progress)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the portal has stored, where it is asked."""

    policies: Sequence[Policy] = ()
    notes: Sequence[str] = ()
    """Why some policies are left out."""
    elsewhere: Texts | None = None
    """Where the texts are that do not come with the portal."""
    cluster: Resource | None = None
    """The cluster that is meant."""


def exported(arguments: argparse.Namespace, stored: Stored) -> Policies:
    """The policies that ``references`` name, with those that the portal has stored."""
    compiled.use()
    try:
        values = _values(arguments)
    except TroubleError as error:
        return Policies(troubles=[error.trouble])
    allowed = at_hosts(arguments.allowed_hosts)
    wanted = Wanted(
        either=arguments.references,
        values=values,
        stored=stored.policies,
        elsewhere=allowed if arguments.allowed_hosts else stored.elsewhere or allowed,
        cluster=stored.cluster or _cluster(arguments),
    )
    found = gather(wanted, Shelf(), Progress())
    found.notes += stored.notes
    return found


def _cluster(arguments: argparse.Namespace) -> Resource:
    """A cluster of which the type alone is known."""
    provider = _PROVIDERS[arguments.cluster_type]
    return Resource("", type=f"{provider}/{arguments.cluster_type}")


def _values(arguments: argparse.Namespace) -> Values:
    return Values(
        typed=read(Path(arguments.parameters)) if arguments.parameters else {},
        written=written(arguments.settings),
    )


def names_policies(arguments: argparse.Namespace) -> bool:
    """Whether the options name any policy at all."""
    return bool(arguments.definitions or arguments.initiatives or arguments.constraints)


def use_policies_among(found: Inputs, policies: Policies) -> None:
    """Put the templates and constraints among the manifests into force.

    Raises ``Failure`` where there are none.
    """
    from policy_app.cli.offline.gatekeeper import add_objects, is_policy

    chosen = [document for document in found.documents if is_policy(document)]
    if not chosen and not found.troubles:
        raise Failure(
            "there is no policy to test against.\n"
            "  Name one with --definition, --initiative or --constraints, or have templates and"
            " constraints among the manifests.",
            code=2,
        )
    add_objects(chosen, policies)


def manifests(arguments: argparse.Namespace) -> Inputs:
    """The objects in the files that the options name."""
    return read_files(arguments.files, Progress())


def surroundings(arguments: argparse.Namespace, found: Inputs) -> Surroundings:
    """The namespaces of the manifests, and the one that the options name."""
    namespace: str = arguments.namespace
    return Surroundings(namespaces_among(found.documents, namespace), namespace)


def finish(
    troubles: Sequence[Trouble], skipped: Sequence[Trouble] = (), notes: Iterable[str] = ()
) -> int:
    """Tell what went wrong; the exit code is 3 for policies, 2 for inputs, else 0."""
    tell(troubles, skipped, notes)
    kinds = {trouble.kind for trouble in troubles}
    return UNRESOLVED if POLICY in kinds else UNREADABLE if INPUT in kinds else PASSED


def tell(troubles: Sequence[Trouble], skipped: Sequence[Trouble], notes: Iterable[str]) -> None:
    """Say on stderr what went wrong, in full, and what was passed over, in short."""
    for trouble in troubles:
        _say(f"error: {trouble}")
    for one in skipped[:_FEW]:
        _say(f"skipped: {one}")
    if len(skipped) > _FEW:
        _say(f"skipped: {len(skipped) - _FEW} more documents that are no Kubernetes objects")
    for note in notes:
        _say(f"note: {note}")


def _say(text: str) -> None:
    shown = text.encode(errors="backslashreplace").decode()
    print(shown, file=sys.stderr)
