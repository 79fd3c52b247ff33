"""What the compiler is told and what can be run are the same functions."""

from __future__ import annotations

from collections import Counter

import pytest

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.declarations import SIGNATURES, Signature, signatures
from policy_app.evaluation.cel.errors import CelError
from policy_app.evaluation.cel.functions import call
from policy_app.evaluation.cel.functions.registry import _find

_KINDS = {"strings": "list", "dyn": "int", "query": "map"}


@pytest.mark.parametrize("signature", list(signatures()), ids=lambda one: one.id)
def test_a_declared_function_can_be_run(signature: Signature) -> None:
    kinds = tuple(_KINDS.get(kind, kind) for kind in signature.parameters)

    assert _find(signature.name, kinds) is not None


def test_every_line_is_read_and_no_overload_stands_twice() -> None:
    found = list(signatures())

    assert Counter(one.id for one in found).most_common(1)[0][1] == 1
    declared = [one for one in found if one.name not in ("string", "_<_", "_<=_", "_>_", "_>=_")]
    assert len(declared) == len(SIGNATURES.strip().splitlines())


def test_what_is_not_declared_cannot_be_run() -> None:
    with pytest.raises(CelError, match="no such overload"):
        call("system", Budget(), ["ls"])
