"""Objects of Gatekeeper in files: templates, constraints, mutators and expansion templates."""

from __future__ import annotations

from collections.abc import Sequence

from policy_app.cli.offline import inputs
from policy_app.cli.offline.errors import POLICY, Trouble
from policy_app.cli.offline.policies import Policies
from policy_app.cli.offline.progress import Progress
from policy_app.evaluation.gatekeeper.constraints import Constraint, is_constraint
from policy_app.evaluation.gatekeeper.errors import ConstraintError, GatekeeperError
from policy_app.evaluation.gatekeeper.expansion import ExpansionTemplate, is_expansion_template
from policy_app.evaluation.gatekeeper.mutation import Mutator, is_mutator
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate, is_template
from policy_app.evaluation.manifests import Document

_KINDS = (is_template, is_constraint, is_mutator, is_expansion_template)


def is_policy(document: Document) -> bool:
    """Whether an object tells Gatekeeper what to do."""
    return any(is_kind(document.object) for is_kind in _KINDS)


def add_files(paths: Sequence[str], policies: Policies, progress: Progress) -> None:
    """Put everything of Gatekeeper's below some paths into force."""
    found = inputs.read(paths, progress)
    policies.troubles += [
        Trouble(POLICY, one.source, one.message, one.hint, one.line, one.column, one.document)
        for one in found.troubles
    ]
    chosen = [each for each in found.documents if is_policy(each)]
    if not chosen and not found.troubles:
        message = "There is no constraint, mutator or template of Gatekeeper here."
        policies.troubles.append(Trouble(POLICY, ", ".join(paths), message))
    add_objects(chosen, policies)


def add_objects(documents: Sequence[Document], policies: Policies) -> None:
    """Put objects of Gatekeeper into force: templates before their constraints."""
    for add in (_add_template, _add_constraint, _add_other):
        for document in documents:
            try:
                add(document, policies)
            except GatekeeperError as error:
                policies.troubles.append(_placed(error, document))


def _add_template(document: Document, policies: Policies) -> None:
    if is_template(document.object):
        template = ConstraintTemplate.parse(document.object, policies.engines)
        template.compile()
        policies.add_template(template, document.file)


def _add_constraint(document: Document, policies: Policies) -> None:
    if not is_constraint(document.object):
        return
    constraint = Constraint.parse(document.object)
    template = policies.templates.get(constraint.kind)
    if template is None:
        raise ConstraintError(
            f'missing ConstraintTemplate: template "{constraint.kind.lower()}" not found',
            path="kind",
        )
    policies.constraints.append(template.admit(constraint))


def _add_other(document: Document, policies: Policies) -> None:
    if is_mutator(document.object):
        policies.mutators.append(Mutator.parse(document.object))
    elif is_expansion_template(document.object):
        policies.expansions.append(ExpansionTemplate.parse(document.object))


def _placed(error: GatekeeperError, document: Document) -> Trouble:
    line, column = document.position(error.path)
    return Trouble(
        POLICY, document.file, error.message, line=line, column=column, document=document.index
    )
