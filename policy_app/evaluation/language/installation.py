"""What the policies of a cluster come to: templates, constraints and mutators, side by side.

The first to bring a template of a name has it: another from another place is a conflict and stays
out, as do its constraints.  Source: Microsoft Learn, "Understand Azure Policy for Kubernetes
clusters", the limits on templates of one name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.errors import GatekeeperError, MutatorError, TemplateError
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.kube_yaml.faults import YamlFault
from policy_app.evaluation.kube_yaml.values import Bounds, documents
from policy_app.evaluation.language.assignments import EffectivePolicy, Resource, UnresolvedPolicy
from policy_app.evaluation.language.constraints import (
    build_constraint,
    changes_objects,
    title_of,
    why_absent,
    why_elsewhere,
    why_unused,
)
from policy_app.evaluation.language.details import KubernetesDetails, Source
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.reasons import (
    CONSTRAINT_INSTALL_FAILED,
    INVALID_CONSTRAINT,
    INVALID_TEMPLATE,
    TEMPLATE_CONFLICTS,
    TEMPLATE_INSTALL_FAILED,
    NotInstalled,
)

if TYPE_CHECKING:
    from policy_app.evaluation.gatekeeper.mutation import Mutator

Policy = EffectivePolicy | UnresolvedPolicy

Texts = Callable[[Source], str]
"""The text that a source at a URL names.  Raises ``SourceError`` where it cannot be had."""


class SourceError(LanguageError):
    """A text that cannot be had; the message is a sentence that says where it should be."""

    code = TEMPLATE_INSTALL_FAILED


@dataclass(frozen=True, slots=True)
class Installed:
    """What one policy has brought: a constraint with its template, or mutators."""

    template: ConstraintTemplate | None = None
    constraint: Constraint | None = None
    mutators: tuple[Mutator, ...] = ()


class Installation:
    """One cluster, policy by policy; what came first stays."""

    def __init__(self, texts: Texts, cluster: Resource | None = None) -> None:
        """``cluster`` is whom the policies' rules are asked about; without one, all are for it."""
        self._texts = texts
        self._cluster = cluster
        self._places: dict[str, Source] = {}

    def add(self, policy: Policy) -> Installed | NotInstalled:
        """Install one policy, or say why it cannot be."""
        if isinstance(policy, UnresolvedPolicy):
            return NotInstalled(policy.message, CONSTRAINT_INSTALL_FAILED, policy.origin)
        try:
            return self._add(policy, policy.kubernetes_details)
        except SourceError as error:
            return NotInstalled(error.message, error.code, policy.origin)
        except (LanguageError, GatekeeperError) as error:
            return NotInstalled(error.message, INVALID_TEMPLATE, policy.origin)

    def _add(
        self, policy: EffectivePolicy, details: KubernetesDetails | None
    ) -> Installed | NotInstalled:
        if changes_objects(policy):
            return self._mutate(policy, details.mutation if details else None)
        # What installs nothing needs no text, and its reason goes before that of a missing one.
        absence = why_absent(policy) or self._elsewhere(policy)
        source = details.template if details else None
        if absence is not None or source is None:
            return absence or NotInstalled(
                f"{title_of(policy)}: its details name no constraint template.",
                TEMPLATE_INSTALL_FAILED,
                policy.origin,
            )
        template = parsed_template(self._text(source))
        file = details.constraint if details else None
        built = self._conflict(policy, template, source) or build_constraint(
            policy, template, self._file(file) if file else None
        )
        if isinstance(built, NotInstalled):
            return built
        self._places.setdefault(template.name, source)
        return Installed(template, built)

    def _mutate(self, policy: EffectivePolicy, source: Source | None) -> Installed | NotInstalled:
        absence = why_unused(policy) or self._elsewhere(policy)
        if absence is not None:
            return absence
        # Loaded where it is needed: most runs change nothing, and should start quickly.
        from policy_app.evaluation.language.mutators import build_mutators

        objects = parsed_mutation(self._text(source)) if source else None
        built = build_mutators(policy, objects)
        return built if isinstance(built, NotInstalled) else Installed(mutators=tuple(built))

    def _elsewhere(self, policy: EffectivePolicy) -> NotInstalled | None:
        return why_elsewhere(policy, self._cluster) if self._cluster else None

    def _text(self, source: Source) -> str:
        return self._texts(source) if source.url else source.text()

    def _file(self, source: Source) -> str:
        try:
            return self._text(source)
        except SourceError as error:
            raise SourceError(error.message, code=CONSTRAINT_INSTALL_FAILED) from None
        except LanguageError as error:
            raise SourceError(error.message, code=INVALID_CONSTRAINT) from None

    def _conflict(
        self, policy: EffectivePolicy, template: ConstraintTemplate, source: Source
    ) -> NotInstalled | None:
        first = self._places.get(template.name)
        if first is None or first.identity.lower() == source.identity.lower():
            return None
        reason = (
            f"{title_of(policy)} brings the constraint template {template.name} from "
            f"{source.identity}, and the cluster has one of that name from {first.identity}, which "
            "stays."
        )
        return NotInstalled(reason, TEMPLATE_CONFLICTS, policy.origin)


@lru_cache(maxsize=512)
def parsed_template(text: str) -> ConstraintTemplate:
    """The template in a text, kept by it: the same few are asked for always.

    Raises ``TemplateError``.
    """
    try:
        found = yaml_documents(text)
    except YamlFault as fault:
        raise TemplateError(f"the constraint template is no YAML: {_placed(fault)}") from None
    if len(found) != 1:
        raise TemplateError(f"a file of one ConstraintTemplate is wanted, and has {len(found)}")
    return ConstraintTemplate.parse(found[0])


@lru_cache(maxsize=128)
def parsed_mutation(text: str) -> tuple[Any, ...]:
    """The documents of a file of mutators; callers must not change them.

    Raises ``MutatorError``.
    """
    try:
        return tuple(yaml_documents(text))
    except YamlFault as fault:
        raise MutatorError(f"the mutation is no YAML: {_placed(fault)}") from None


def yaml_documents(text: str) -> list[Any]:
    """The documents that are not empty, as kubectl reads them.  Raises ``YamlFault``."""
    return [one.value for one in documents(text, Bounds()) if one.value is not None]


def _placed(fault: YamlFault) -> str:
    return f"line {fault.line}: {fault.message}"
