"""Which kinds of the inventory a rule can see."""

from __future__ import annotations

import pytest
import yaml

from policy_app.catalog.shelf import FIXTURES
from policy_app.evaluation.gatekeeper.inventory_kinds import kinds_looked_up
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.rego import compile_modules


def kinds(body: str, helpers: str = "") -> frozenset[str] | None:
    program = compile_modules((f"package t\nviolation[x] {{ {body} }}\n{helpers}",))
    return kinds_looked_up(program.modules)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x := input.review", set()),
        ("x := data.inventory.namespace[ns][v].Service[name]", {"Service"}),
        ('x := data.inventory.namespace["a"]["v1"]["Service"]', {"Service"}),
        ('x := data["inventory"]["cluster"].v1.Namespace[_].metadata', {"Namespace"}),
        ('x := data.inventory.namespace[_]["apps/v1"][{"A", "B"}[kind]][_]', {"A", "B"}),
        ("x := [y | y := data.inventory.namespace[_][_].Ingress[_]]", {"Ingress"}),
        ("x := 1; not data.inventory.cluster.v1.Node[input.name]", {"Node"}),
        ("x := f(data.inventory.cluster.v1.Node)", {"Node"}),
        ("x := input.a[data.inventory.cluster.v1.Node[_].spec]", {"Node"}),
        ("x := 1 with data.inventory as input.other", set()),
    ],
)
def test_a_kind_that_is_spelt_out_is_told(body: str, expected: set[str]) -> None:
    assert kinds(body, "f(n) = n { true }") == frozenset(expected)


@pytest.mark.parametrize(
    "body",
    [
        "x := data.inventory",
        "x := data.inventory.namespace[ns]",
        "x := data.inventory.namespace[ns][_][kind][name]",
        "x := data.inventory.namespace[ns][_][input.review.kind.kind][name]",
        "x := data.inventory[scope][_][_].Service",
        "all := data.inventory; x := all.cluster.v1.Node",
        "walk(data.inventory, [_, x])",
        'x := data.inventory.cluster.v1[{"A", input.kind}[_]]',
    ],
)
def test_where_any_kind_may_be_meant_nothing_is_told(body: str) -> None:
    assert kinds(body) is None


def test_libraries_count_too() -> None:
    library = "package lib.found\nall[x] { x := data.inventory.namespace[_].v1.Secret[_] }"
    rule = (
        "package t\nimport data.lib.found\nviolation[x] { x := found.all[_]; data.lib.found.all }"
    )
    assert kinds_looked_up(compile_modules((rule, library)).modules) == frozenset({"Secret"})


def test_every_built_in_template_tells_its_kinds() -> None:
    told = {}
    for file in sorted((FIXTURES / "templates").glob("*/*/template.yaml")):
        template = ConstraintTemplate.parse(yaml.safe_load(file.read_text(encoding="utf-8")))
        if template.uses_inventory:
            told[template.kind] = template.inventory_kinds
        else:
            assert template.inventory_kinds == frozenset()
    assert told
    assert None not in told.values()
