"""The gator suites beside the templates, as cases that a test can look at and run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from policy_app.evaluation.gatekeeper import inventory, suites
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
TEMPLATES = FIXTURES / "templates"


@dataclass(frozen=True, slots=True)
class Case:
    """One object under one constraint, and what its suite asserts about it."""

    suite: Path
    test: suites.Test
    case: suites.Case

    @property
    def template(self) -> Path:
        """The template's file."""
        return self.suite.parent / self.test.template

    @property
    def constraint(self) -> Path:
        """The constraint's file."""
        return self.suite.parent / self.test.constraint

    @property
    def object(self) -> Path:
        """The object's file."""
        return self.suite.parent / self.case.object

    @property
    def inventory(self) -> tuple[Path, ...]:
        """The files of what else is in the cluster."""
        return tuple(self.suite.parent / name for name in self.case.inventory)

    @property
    def samples(self) -> set[Path]:
        """The constraint, the object and the inventory."""
        return {self.constraint, self.object, *self.inventory}

    @property
    def error(self) -> str:
        """What is wrong about it, once it has run; empty where it is as asserted."""
        found = {
            (test.name, case.name): case.error or test.error
            for test in results(self.suite).tests
            for case in test.cases
        }
        return found.get((self.test.name, self.case.name), "it has not run")

    def __str__(self) -> str:
        return f"{self.suite.parent.relative_to(TEMPLATES)}:{self.test.name}:{self.case.name}"


def cases() -> Iterator[Case]:
    """Every case of every suite in the store."""
    for path in sorted(TEMPLATES.rglob("suite.yaml")):
        for test in read(path).tests:
            yield from (Case(path, test, case) for case in test.cases)


@cache
def read(path: Path) -> suites.Suite:
    """A suite."""
    suite = suites.read_suite(path.as_posix(), path.read_bytes())
    assert suite is not None
    return suite


@cache
def results(path: Path) -> suites.SuiteResult:
    """What becomes of a suite's cases."""
    return suites.run(read(path), lambda name: Path(name).read_bytes())


@cache
def load(path: Path) -> Any:
    """The one document of a file."""
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)


@cache
def template_at(path: Path) -> ConstraintTemplate:
    """The template in a file, checked as Gatekeeper checks it."""
    return ConstraintTemplate.parse(load(path))


def messages(
    template: ConstraintTemplate, constraint: Constraint, reviewed: Mapping[str, Any]
) -> list[str]:
    """What a constraint says about an object."""
    decision = Client([template], [constraint]).review(Review.audit(reviewed))
    return [violation.message for violation in decision.violations]


def inventory_of(paths: tuple[Path, ...]) -> dict[str, Any]:
    """The objects in these files, laid out as Gatekeeper lays out what it syncs."""
    documents = (yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader) for path in paths)
    return inventory.inventory_of(chain.from_iterable(documents))
