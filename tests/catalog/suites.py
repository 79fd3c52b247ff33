"""Gator suites beside the templates, as cases that a test can run.

The format is gator's (``test.gatekeeper.sh/v1alpha1``): a suite pairs a template with
constraints, and says for each object how many violations it has and what they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.review import Review, is_admission_review
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
TEMPLATES = FIXTURES / "templates"


@dataclass(frozen=True, slots=True)
class Case:
    """One object under one constraint, and what its suite asserts about it."""

    suite: Path
    test: str
    name: str
    template: Path
    constraint: Path
    object: Path
    inventory: tuple[Path, ...]
    assertions: tuple[Mapping[str, str], ...]

    def __str__(self) -> str:
        return f"{self.suite.parent.relative_to(TEMPLATES)}:{self.test}:{self.name}"


def cases() -> Iterator[Case]:
    """Every case of every suite in the store."""
    for path in sorted(TEMPLATES.rglob("suite.yaml")):
        # Gator reads an unquoted `no` as text, as YAML 1.2 does; so does the base loader.
        suite = yaml.load(path.read_text(), Loader=yaml.CBaseLoader)
        for test in suite["tests"]:
            yield from (_case(path, test, case) for case in test["cases"])


def _case(suite: Path, test: Mapping[str, Any], case: Mapping[str, Any]) -> Case:
    folder = suite.parent
    return Case(
        suite=suite,
        test=test["name"],
        name=case["name"],
        template=folder / test["template"],
        constraint=folder / test["constraint"],
        object=folder / case["object"],
        inventory=tuple(folder / name for name in case.get("inventory", ())),
        assertions=tuple(case["assertions"]),
    )


def unmet(assertion: Mapping[str, str], messages: list[str]) -> str:
    """What is wrong with the messages, as a sentence; empty where they are as asserted."""
    pattern = assertion.get("message", "")
    found = [message for message in messages if re.search(pattern, message)]
    wanted = assertion.get("violations", "yes")
    holds = {"yes": bool(found), "no": not found}.get(wanted, str(len(found)) == wanted)
    return "" if holds else f"{len(found)} messages match {pattern!r}, not {wanted}: {messages}"


@cache
def load(path: Path) -> Any:
    """The one document of a file."""
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)


@cache
def template_at(path: Path) -> ConstraintTemplate:
    """The template in a file, checked as Gatekeeper checks it."""
    return ConstraintTemplate.parse(load(path))


def messages(
    template: ConstraintTemplate,
    constraint: Constraint,
    reviewed: Mapping[str, Any],
    inventory: Mapping[str, Any] | None = None,
) -> list[str]:
    """What a constraint says about an object, or about the request in an AdmissionReview."""
    review = (
        Review.from_admission_review(reviewed)
        if is_admission_review(reviewed)
        else Review.audit(reviewed)
    )
    decision = Client([template], [constraint], inventory).review(review)
    return [violation.message for violation in decision.violations]


def inventory_of(paths: tuple[Path, ...]) -> dict[str, Any]:
    """Objects laid out as Gatekeeper lays out what it syncs."""
    inventory: dict[str, Any] = {}
    for path in paths:
        for document in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader):
            metadata = document["metadata"]
            place = ["namespace", metadata["namespace"]] if "namespace" in metadata else ["cluster"]
            folder = inventory
            for name in (*place, document["apiVersion"], document["kind"]):
                folder = folder.setdefault(name, {})
            folder[metadata["name"]] = document
    return inventory
