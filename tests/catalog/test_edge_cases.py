"""The suites beside the templates show the cases that rules about containers are prone to miss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.suites import TEMPLATES, Case, cases, load

FILES = tuple(sorted(TEMPLATES.rglob("template.yaml")))
PROBES = "container-enforce-probes"
LISTS = ("containers", "initContainers", "ephemeralContainers")


def _schema(template: Path) -> Mapping[str, Any]:
    crd = load(template)["spec"]["crd"]["spec"]
    schema: Mapping[str, Any] = crd["validation"]["openAPIV3Schema"].get("properties", {})
    return schema


def _modules(template: Path) -> str:
    target = load(template)["spec"]["targets"][0]
    return "\n".join((target["rego"], *target.get("libs", ())))


def _having(predicate: Callable[[Path], bool]) -> pytest.MarkDecorator:
    found = [template for template in FILES if predicate(template)]
    names = [template.parent.relative_to(TEMPLATES).as_posix() for template in found]
    return pytest.mark.parametrize("template", found, ids=names)


def _excludes_images(template: Path) -> bool:
    return "package lib.exclude_container_image" in _modules(template) and (
        "excludedImages" in _schema(template)
    )


def _excludes_names(template: Path) -> bool:
    return "excludedContainers" in _schema(template)


def _asks_for_windows(template: Path) -> bool:
    return "package lib.pod" in _modules(template)


def _judges_containers(template: Path) -> bool:
    # Probes are for containers alone.
    return "package lib.containers" in _modules(template) and PROBES not in str(template)


def _pods(template: Path, *, refused: bool) -> Iterator[tuple[Case, Mapping[str, Any]]]:
    """The Pods of a suite that are let in, or those that are not."""
    for case in cases():
        wanted = any(one.violations != "no" for one in case.case.assertions)
        if case.template == template and wanted is refused:
            thing = load(case.object)
            if thing.get("kind") == "Pod":
                yield case, thing["spec"]


def _containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in LISTS:
        yield from spec.get(name) or ()


def _parameters(case: Case) -> Mapping[str, Any]:
    return load(case.constraint)["spec"].get("parameters") or {}


@_having(_excludes_images)
@pytest.mark.parametrize("star", [True, False], ids=["by-a-star", "as-a-whole"])
def test_an_excluded_image_is_let_in_and_what_is_like_it_is_not(template: Path, star: bool) -> None:
    def shows(case: Case, spec: Mapping[str, Any]) -> bool:
        images = [str(one.get("image")) for one in _containers(spec)]
        patterns = _parameters(case).get("excludedImages") or ()
        stems = [one.rstrip("*") for one in patterns if one.endswith("*") is star]
        return any(image.startswith(stem) for stem in stems for image in images)

    assert any(shows(*one) for one in _pods(template, refused=False))
    assert any(shows(*one) for one in _pods(template, refused=True))


@_having(_excludes_names)
def test_an_excluded_container_is_let_in_and_those_beside_it_are_not(template: Path) -> None:
    def shows(case: Case, spec: Mapping[str, Any]) -> bool:
        excluded = _parameters(case).get("excludedContainers") or ()
        return any(one["name"] in excluded for one in _containers(spec))

    assert any(shows(*one) for one in _pods(template, refused=False))
    assert any(shows(*one) for one in _pods(template, refused=True))


@_having(_asks_for_windows)
def test_windows_pods_and_others_are_told_apart(template: Path) -> None:
    def needs_windows(spec: Mapping[str, Any]) -> bool:
        return "windows" in (spec.get("nodeSelector") or {}).values() or (
            (spec.get("os") or {}).get("name") == "windows"
        )

    told = {
        (refused, needs_windows(spec))
        for refused in (True, False)
        for _, spec in _pods(template, refused=refused)
    }
    assert {system for _, system in told} == {True, False}
    assert {refused for refused, _ in told} == {True, False}


@_having(_judges_containers)
def test_init_containers_are_judged_as_well(template: Path) -> None:
    assert any(spec.get("initContainers") for _, spec in _pods(template, refused=True))
