"""The code of a template's target: the old layout (``rego``, ``libs``) or the new (``code[]``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from policy_app.evaluation.gatekeeper.drivers.interface import CEL, REGO, Code
from policy_app.evaluation.gatekeeper.drivers.rego import RegoCode, Version
from policy_app.evaluation.gatekeeper.errors import TemplateError
from policy_app.evaluation.gatekeeper.reading import Fields

ENGINES = (REGO, CEL)
"""The languages that can run; of a template in both, the first one runs."""


def code_of(target: Fields, engines: Sequence[str] = ENGINES) -> Code:
    """The code that will run: that of the first engine it has.  Raises ``TemplateError``."""
    entries = target.children("code")
    by_engine = {str(entry.values.get("engine")): entry for entry in reversed(entries)}
    old_rego = target.values.get("rego")
    has_old_rego = isinstance(old_rego, str) and bool(old_rego)
    for engine in engines:
        if engine == REGO and has_old_rego:
            # As in Gatekeeper it takes the place of any Rego in ``code``, and is v0.
            return RegoCode.parse(str(old_rego), target, version="v0")
        if engine in by_engine:
            return _PARSERS[engine](by_engine[engine].child("source"))
    if not entries and not has_old_rego:
        problem = "invalid ConstraintTemplate: the target has no rego and no code"
    else:
        problem = "no language driver is installed that handles this constraint template"
    raise TemplateError(problem, path=target.path)


def _rego(source: Fields) -> Code:
    version: Version = "v1" if source.values.get("version") == "v1" else "v0"
    return RegoCode.parse(str(source.values.get("rego") or ""), source, version)


def _cel(source: Fields) -> Code:
    # Loaded where it is needed: most templates are in Rego, and commands should start quickly.
    from policy_app.evaluation.gatekeeper.drivers.cel_source import CelCode

    return CelCode.parse(source)


_PARSERS: Mapping[str, Callable[[Fields], Code]] = {REGO: _rego, CEL: _cel}
