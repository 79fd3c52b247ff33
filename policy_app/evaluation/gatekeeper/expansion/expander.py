"""From an object to those that it would make, and to those that these would make in turn.

Source: ``pkg/expansion/system.go`` of Gatekeeper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from policy_app.evaluation.gatekeeper.errors import ExpansionError, MutationError
from policy_app.evaluation.gatekeeper.expansion.template import ExpansionTemplate, in_cycles
from policy_app.evaluation.gatekeeper.match import GENERATED, Subject
from policy_app.evaluation.gatekeeper.scopes import Gvk
from policy_app.evaluation.results import EnforcementAction

if TYPE_CHECKING:
    from policy_app.evaluation.gatekeeper.mutation import Mutated, Mutators

MAX_DEPTH = 30


@dataclass(frozen=True, slots=True)
class Resultant:
    """An object that another one would make."""

    template: str
    """The name of the template that says so."""
    mutated: Mutated
    """The object after the mutators, and what they did to it."""
    source_path: str
    """Where it stands in the object that was expanded: ``spec.jobTemplate.spec.template``."""
    enforcement_action: EnforcementAction | None = None
    """What its violations are taken for; None leaves it to the constraints."""

    @property
    def object(self) -> dict[str, Any]:
        """The object itself."""
        return self.mutated.object

    @property
    def label(self) -> str:
        """``Pod web-pod``."""
        return Subject(self.object).label


class Expander:
    """Expansion templates in force.  Safe to use from several threads.

    ``mutators`` change what is made, with the source Generated.  ``owner_references`` names the
    maker in what is made, as Gatekeeper does since 3.22; the version that AKS runs does not.
    """

    def __init__(
        self,
        templates: Iterable[ExpansionTemplate] = (),
        mutators: Mutators | None = None,
        *,
        owner_references: bool = False,
    ) -> None:
        by_name = {each.name: each for each in templates}
        self._templates = tuple(by_name[name] for name in sorted(by_name))
        self._conflicts = in_cycles(self._templates)
        self._active = [each for each in self._templates if each.name not in self._conflicts]
        self._given = mutators
        self.owner_references = owner_references

    @property
    def templates(self) -> tuple[ExpansionTemplate, ...]:
        """The templates by name, those in conflict included."""
        return self._templates

    @property
    def conflicts(self) -> frozenset[str]:
        """The names of the templates that expand nothing, since they form an expansion cycle."""
        return self._conflicts

    @cached_property
    def mutators(self) -> Mutators:
        """What changes the objects that are made."""
        # Loaded where it is needed: most objects make none, and commands should start quickly.
        from policy_app.evaluation.gatekeeper.mutation import Mutators

        return self._given or Mutators()

    def expand(
        self,
        thing: Mapping[str, Any],
        namespace: Mapping[str, Any] | None = None,
        *,
        username: str = "",
    ) -> list[Resultant]:
        """Everything that an object would make, what is made last first.

        ``namespace`` is the Namespace object that it lives in, where that is known.  Raises
        ``ExpansionError`` where the request fails as a whole.
        """
        found: list[Resultant] = []
        self._expand(thing, _Making(self, namespace, username), found, "", 0)
        return found

    def _expand(
        self,
        thing: Mapping[str, Any],
        making: _Making,
        found: list[Resultant],
        path: str,
        depth: int,
    ) -> None:
        if depth >= MAX_DEPTH:
            raise ExpansionError(f"maximum recursion depth of {MAX_DEPTH} reached")
        gvk = Gvk.of(thing)
        if not any(gvk):
            name = Subject(thing).field("name")
            raise ExpansionError(f"cannot expand resource {name} with empty GVK")
        made = [
            making.make(thing, template, path)
            for template in self._active
            if gvk in template.applies_to
        ]
        for one in made:
            self._expand(one.object, making, found, one.source_path, depth + 1)
        found += made


@dataclass(frozen=True, slots=True)
class _Making:
    """What is the same for everything that one request makes."""

    expander: Expander
    namespace: Mapping[str, Any] | None
    username: str

    def make(self, maker: Mapping[str, Any], template: ExpansionTemplate, path: str) -> Resultant:
        """The object that a maker's template describes, after the mutators."""
        thing = self._named(_part(maker, template), maker, template)
        try:
            mutated = self.expander.mutators.apply(
                thing, self.namespace, source=GENERATED, username=self.username
            )
        except MutationError as error:
            raise ExpansionError(
                f"failed to mutate resultant resource {thing['metadata']['name']}: {error.message}"
            ) from None
        source = ".".join(template.source)
        return Resultant(
            template=template.name,
            mutated=mutated,
            source_path=f"{path}.{source}" if path else source,
            enforcement_action=template.enforcement_action,
        )

    def _named(
        self, part: Mapping[str, Any], maker: Mapping[str, Any], template: ExpansionTemplate
    ) -> dict[str, Any]:
        gvk = template.generates
        metadata = part.get("metadata")
        metadata = dict(metadata) if isinstance(metadata, Mapping) else {}
        metadata["name"] = f"{Subject(maker).field('name')}-{gvk.kind}".lower()
        namespace = self._namespace_of(maker)
        if namespace:
            metadata["namespace"] = namespace
        if self.expander.owner_references:
            _add_owner(metadata, maker)
        identity = {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata}
        return {**identity, **part, **identity}

    def _namespace_of(self, maker: Mapping[str, Any]) -> str:
        if self.namespace is not None:
            return Subject(self.namespace).field("name")
        return Subject(maker).field("namespace")


def _part(maker: Mapping[str, Any], template: ExpansionTemplate) -> Mapping[str, Any]:
    """What the template takes for an object.  Raises ``ExpansionError``."""
    found: Any = maker
    for number, name in enumerate(template.source):
        if not isinstance(found, Mapping):
            at = ".".join(template.source[:number])
            raise ExpansionError(
                f"could not extract source field from unstructured: {at} is not an object"
            )
        if name not in found:
            raise ExpansionError(
                f'could not find source field "{".".join(template.source)}" in resource '
                f"{Subject(maker).field('name')}"
            )
        found = found[name]
    if not isinstance(found, Mapping):
        at = ".".join(template.source)
        raise ExpansionError(
            f"could not extract source field from unstructured: {at} is not an object"
        )
    return found


def _add_owner(metadata: dict[str, Any], maker: Mapping[str, Any]) -> None:
    owner = {
        "apiVersion": str(maker.get("apiVersion") or ""),
        "kind": str(maker.get("kind") or ""),
        "name": Subject(maker).field("name"),
    }
    known = metadata.get("ownerReferences")
    known = known if isinstance(known, list) else []
    present = any(
        isinstance(one, Mapping) and all(one.get(key) == owner[key] for key in owner)
        for one in known
    )
    if all(owner.values()) and not present:
        metadata["ownerReferences"] = [*known, owner]
