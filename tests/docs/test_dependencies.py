"""What pyproject asks for, what is locked, and what the reasons are given for: the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.docs.files import ROOT, pyproject

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
LOCKS = ("runtime", "celery", "dev", "build", "azure-preview", "azure-older")


def lock(which: str) -> str:
    """A lock's text."""
    return (ROOT / "requirements" / f"{which}.txt").read_text(encoding="utf-8")


def pins(which: str) -> dict[str, str]:
    """The versions of a lock, by normal name."""
    return {canonicalize_name(name): version for name, version in _PINNED.findall(lock(which))}


def asked(which: str) -> list[Requirement]:
    """What pyproject asks for."""
    described = pyproject()
    project: dict[str, Any] = described["project"]
    wanted = project["dependencies"]
    if which in ("dev", "celery"):
        wanted = wanted + project["optional-dependencies"][which]
    if which == "build":
        wanted = described["build-system"]["requires"]
    if which in described["dependency-groups"]:
        wanted = described["dependency-groups"][which]
    return [Requirement(one) for one in wanted]


@pytest.mark.parametrize("which", LOCKS)
def test_a_lock_holds_a_version_that_fits_for_each_dependency(which: str) -> None:
    pinned = pins(which)
    unfit = [
        str(one)
        for one in asked(which)
        if not one.specifier.contains(pinned.get(canonicalize_name(one.name), "0"))
    ]
    assert unfit == [], "run: make lock"


@pytest.mark.parametrize("which", LOCKS)
def test_a_lock_names_no_index(which: str) -> None:
    options = [line for line in lock(which).splitlines() if line.startswith("-")]
    assert options == []
    assert "://" not in lock(which)


@pytest.mark.parametrize("which", LOCKS)
def test_every_pin_has_a_hash(which: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock(which), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_product_is_tested_with_the_versions_that_it_runs_on() -> None:
    tested = pins("dev")
    for which in ("runtime", "celery"):
        assert {name: tested.get(name) for name in pins(which)} == pins(which)


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    without = [one.name for one in asked("dev") if f"| `{one.name.lower()}` |" not in reasons]
    assert without == []


def test_no_reason_is_given_for_what_is_not_used() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    named = {
        canonicalize_name(one) for one in re.findall(r"^\| `([^`]+)` \|", reasons, re.MULTILINE)
    }
    used = {canonicalize_name(one.name) for which in LOCKS for one in asked(which)}
    assert named - used == set()
