"""Objects as mutators leave them, and objects that others would make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from policy_app.cli.offline.policies import Policies
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.manifests import Document

if TYPE_CHECKING:
    from policy_app.evaluation.gatekeeper.mutation import Mutated

Namespaces = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The namespaces that objects live in."""

    namespaces: Namespaces
    default: str = ""
    """Where objects go that name none."""


def namespaces_among(documents: Iterable[Document], default: str) -> dict[str, dict[str, Any]]:
    """The Namespaces that manifests make, and the default one, which is always there."""
    labels = {"kubernetes.io/metadata.name": default}
    metadata = {"name": default, "labels": labels}
    found: dict[str, dict[str, Any]] = {
        default: {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    }
    for document in documents:
        thing = document.object
        if thing.get("kind") == "Namespace" and thing.get("apiVersion") == "v1":
            found[str((thing.get("metadata") or {}).get("name", ""))] = thing
    return found


def mutate(thing: Mapping[str, Any], policies: Policies, around: Surroundings) -> Mutated:
    """What the mutators make of an object when it is created.  Raises ``MutationError``."""
    review = Review.create(thing, default_namespace=around.default)
    mutated = mutate_request(replace(review, object=thing), policies, around.namespaces)
    return mutated if mutated.changed else replace(mutated, object=dict(thing))


def mutate_request(review: Review, policies: Policies, namespaces: Namespaces) -> Mutated:
    """What the mutators make of a request's object.  Raises ``MutationError``."""
    if review.object is None:
        return policies.mutating.mutate(review)
    from policy_app.evaluation.gatekeeper.mutation.json_values import without_nulls

    # The API server decodes by type before it asks, which leaves no null behind.
    decoded = replace(review, object=without_nulls(review.object))
    return policies.mutating.mutate(decoded, namespaces=namespaces)


def made_by(
    documents: Iterable[Document], policies: Policies, around: Surroundings
) -> Iterator[dict[str, Any]]:
    """What the objects would make, after the mutators.

    The expansion templates in force say what; without any, those for Kubernetes' own workloads.
    Raises ``ExpansionError`` or ``MutationError``.
    """
    from policy_app.evaluation.gatekeeper.expansion import WORKLOADS, Expander

    expander = Expander(policies.expansions or WORKLOADS, policies.mutating)
    for document in documents:
        thing = mutate(document.object, policies, around).object
        namespace = (thing.get("metadata") or {}).get("namespace") or ""
        known = around.namespaces.get(str(namespace)) if namespace else None
        yield from (one.object for one in expander.expand(thing, known))
