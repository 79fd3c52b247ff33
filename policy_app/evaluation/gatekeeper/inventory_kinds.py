"""Which kinds of objects a template looks up in the inventory, as far as its Rego tells.

An inventory of just these kinds gives the same answers, and need not hold thousands of Pods for a
rule that compares Services.  Source: ``data.inventory`` is laid out as
``namespace[namespace][version][kind][name]`` and ``cluster[version][kind][name]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_app.evaluation.rego.analysis import rule_parts
from policy_app.evaluation.rego.syntax import Module, Ref, Scalar, Set, Term, Var

_PLACE_OF_KIND = {"namespace": 4, "cluster": 3}


def kinds_looked_up(modules: Sequence[Module]) -> frozenset[str] | None:
    """The kinds; None where they cannot be told, so that every object may matter."""
    found: set[str] = set()
    for part in _parts(modules):
        if isinstance(part, Var) and part.name == "data":
            return None
        if not isinstance(part, Ref) or not _is_var(part.head, "data"):
            continue
        if _text(part.parts[0]) == "lib":
            continue
        kinds = _kinds(part)
        if kinds is None:
            return None
        found |= kinds
    return frozenset(found)


def _parts(modules: Sequence[Module]) -> Iterator[object]:
    for module in modules:
        for rule in module.rules:
            yield from rule_parts(rule)


def _kinds(reference: Ref) -> set[str] | None:
    """The kinds of one reference to the inventory."""
    parts = reference.parts
    at = _PLACE_OF_KIND.get(_text(parts[1]), 0) if len(parts) > 1 else 0
    if _text(parts[0]) != "inventory" or not 0 < at < len(parts):
        return None
    step = parts[at]
    if isinstance(step, Scalar):
        return {str(step.value)}
    # A kind out of a set of several: ``{"Deployment", "StatefulSet"}[kind]``.
    if isinstance(step, Ref) and isinstance(step.head, Set) and len(step.parts) == 1:
        kinds = {_text(item) for item in step.head.items}
        return kinds if "" not in kinds else None
    return None


def _is_var(term: Term, name: str) -> bool:
    return isinstance(term, Var) and term.name == name


def _text(term: Term) -> str:
    """The text that a term spells out; empty for any other."""
    return term.value if isinstance(term, Scalar) and isinstance(term.value, str) else ""
