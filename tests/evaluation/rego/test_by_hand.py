"""The rules by hand that the benchmark compares with answer as the templates do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.rego_by_hand import BY_HAND
from policy_app.evaluation.gatekeeper.drivers.rego import RegoCode
from policy_app.evaluation.gatekeeper.review import Review, is_admission_review
from tests.catalog import suites


def _cases() -> Iterator[Any]:
    for case in suites.cases():
        if not _asks_providers(case.template):
            yield pytest.param(case, id=str(case))


def _asks_providers(template: Path) -> bool:
    return "external_data(" in template.read_text(encoding="utf-8")


def _name(template: Path) -> str:
    return template.parent.relative_to(suites.TEMPLATES).as_posix()


@pytest.mark.parametrize("case", list(_cases()))
def test_a_rule_by_hand_finds_the_same_in_a_sample(case: suites.Case) -> None:
    code = suites.template_at(case.template).code
    assert isinstance(code, RegoCode)
    spec = suites.load(case.constraint)["spec"]
    thing = suites.load(case.object)
    review = Review.from_admission_review(thing) if is_admission_review(thing) else None
    inventory = suites.inventory_of(case.inventory)
    given = {
        "review": (review or Review.audit(thing)).to_input(),
        "parameters": spec.get("parameters") or {},
    }
    path = f"{code.program.packages[0]}.violation"
    expected = code.program.query(path, input=given, data={"inventory": inventory})
    answer = BY_HAND[_name(case.template)]({**given, "inventory": inventory})
    assert sorted({*map(json.dumps, answer)}) == sorted(map(json.dumps, expected))


def test_every_template_that_asks_no_provider_has_its_rule_by_hand() -> None:
    files = suites.TEMPLATES.rglob("template.yaml")
    assert {_name(file) for file in files if not _asks_providers(file)} == set(BY_HAND)
