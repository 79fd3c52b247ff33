"""The code of a template's target: the old layout (``rego``, ``libs``) or the new (``code[]``)."""

from __future__ import annotations

from policy_app.evaluation.gatekeeper.drivers.cel_source import CEL, CelCode
from policy_app.evaluation.gatekeeper.drivers.interface import Code
from policy_app.evaluation.gatekeeper.drivers.rego import REGO, RegoCode
from policy_app.evaluation.gatekeeper.errors import TemplateError
from policy_app.evaluation.gatekeeper.reading import Fields


def code_of(target: Fields) -> Code:
    """The code that will run: Rego where there is any, else CEL.  Raises ``TemplateError``."""
    rego = target.values.get("rego")
    if isinstance(rego, str) and rego:
        return RegoCode.parse(rego, target)
    entries = target.children("code")
    by_engine = {str(entry.values.get("engine")): entry for entry in reversed(entries)}
    if REGO in by_engine:
        source = by_engine[REGO].child("source")
        return RegoCode.parse(str(source.values.get("rego") or ""), source)
    if CEL in by_engine:
        return CelCode.parse(by_engine[CEL].child("source"))
    if not entries:
        problem = "invalid ConstraintTemplate: the target has no rego and no code"
    else:
        problem = "no language driver is installed that handles this constraint template"
    raise TemplateError(problem, path=target.path)
