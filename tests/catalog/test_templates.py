"""The constraint templates: each decides as its suite says, and is built as Gatekeeper asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.drivers.rego import RegoCode
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from tests.catalog.suites import (
    FIXTURES,
    TEMPLATES,
    Case,
    cases,
    load,
    messages,
    read,
    template_at,
)

CASES = tuple(cases())
FILES = tuple(sorted(TEMPLATES.rglob("template.yaml")))
LIBRARIES = {path.stem: path.read_text() for path in (FIXTURES / "libraries").glob("*.rego")}


def _folder(path: Path) -> str:
    return path.parent.relative_to(TEMPLATES).as_posix()


each_template = pytest.mark.parametrize("template", FILES, ids=_folder)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_of_a_suite_is_decided_as_the_suite_says(case: Case) -> None:
    assert case.error == ""


@pytest.mark.parametrize("suite", sorted({case.suite for case in CASES}), ids=_folder)
def test_a_suite_has_no_field_that_nobody_reads(suite: Path) -> None:
    assert read(suite).notes == ()


@each_template
def test_a_suite_shows_both_what_is_refused_and_what_is_let_in(template: Path) -> None:
    wanted = {
        one.violations
        for case in CASES
        if case.template == template
        for one in case.case.assertions
    }

    assert "no" in wanted
    assert wanted - {"no"}


@each_template
def test_every_sample_beside_a_template_is_used_by_its_suite(template: Path) -> None:
    used = {path for case in CASES if case.template == template for path in case.samples}

    assert set((template.parent / "samples").rglob("*.yaml")) == used


def rego_of(found: ConstraintTemplate) -> RegoCode:
    """The template's code, which is Rego."""
    assert isinstance(found.code, RegoCode)
    return found.code


@each_template
def test_a_template_passes_gatekeepers_checks_and_names_its_package_after_its_kind(
    template: Path,
) -> None:
    found = template_at(template)

    assert found.name == found.kind.lower()
    assert rego_of(found).program.packages[0] == f"data.{found.name}"


@each_template
def test_a_constraint_in_the_samples_fits_the_template(template: Path) -> None:
    crd = load(template)["spec"]["crd"]["spec"]
    known = set(crd["validation"]["openAPIV3Schema"].get("properties", {}))

    for path in (template.parent / "samples" / "constraints").glob("*.yaml"):
        constraint = load(path)
        assert constraint["kind"] == crd["names"]["kind"], path
        assert set(constraint["spec"].get("parameters", {})) <= known, path


def test_no_two_templates_share_a_kind() -> None:
    kinds = [load(path)["spec"]["crd"]["spec"]["names"]["kind"] for path in FILES]

    assert len(kinds) == len(set(kinds))


@each_template
def test_a_library_reads_in_every_template_as_it_does_in_the_libraries_folder(
    template: Path,
) -> None:
    for embedded in load(template)["spec"]["targets"][0].get("libs", ()):
        name = embedded.split("package lib.")[1].split()[0]

        assert embedded == LIBRARIES[name], f"copy fixtures/libraries/{name}.rego"


@each_template
def test_a_template_carries_the_libraries_it_imports_and_no_other(template: Path) -> None:
    target = load(template)["spec"]["targets"][0]
    carried = {text.split("package lib.")[1].split()[0] for text in target.get("libs", ())}
    imported = {
        line.rpartition(".")[2]
        for text in (target["rego"], *target.get("libs", ()))
        for line in text.splitlines()
        if line.startswith("import data.lib.")
    }

    assert carried == imported


@each_template
def test_no_negation_rests_on_an_argument_that_may_be_undefined(template: Path) -> None:
    """OPA works out arguments before it negates, so an undefined one would end the rule.

    Source: https://github.com/open-policy-agent/opa/issues/1877
    """
    found = rego_of(template_at(template))
    nested = re.compile(r"\bnot [\w.]+\([^)]*[.(\[]")
    compared = re.compile(r"\bnot [\w.]+\([^()]*\) *[=!<>]")
    lines = [
        line.partition("#")[0] for text in (found.rego, *found.libs) for line in text.splitlines()
    ]

    assert [line for line in lines if nested.search(line) or compared.search(line)] == []


def _under_no_privilege(manifest: str) -> list[str]:
    folder = TEMPLATES / "container-no-privilege" / "v2"
    constraint = load(folder / "samples" / "constraints" / "no-privileged-containers.yaml")
    return messages(
        template_at(folder / "template.yaml"),
        Constraint.parse(constraint),
        load(FIXTURES / "manifests" / manifest),
    )


def test_the_privileged_pod_of_the_how_to_is_refused_in_the_published_words() -> None:
    assert _under_no_privilege("nginx-privileged.yaml") == [
        "Privileged container is not allowed: nginx-privileged,"
        ' securityContext: {"privileged": true}'
    ]


def test_the_pod_of_the_how_to_passes_without_its_security_context() -> None:
    assert _under_no_privilege("nginx-unprivileged.yaml") == []
