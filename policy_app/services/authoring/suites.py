"""Test cases of a definition as a suite for gator: what was tried, and what came of it.

A case is one object with the messages that each constraint has for it.  A suite is the template,
the constraints that an assignment with these parameters would install, and an object file a case;
it is run before it is handed out, so that whoever gets it knows that it passes.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from policy_app.evaluation import manifests
from policy_app.evaluation.gatekeeper import suites
from policy_app.evaluation.gatekeeper.constraints import GATOR_POINT, Constraint
from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.expansion import (
    WORKLOADS,
    Expander,
    looks_at_generated,
    review_expanded,
    workload_objects,
)
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.suites import Case as SuiteCase
from policy_app.evaluation.gatekeeper.suites import SuiteResult, Test
from policy_app.evaluation.gatekeeper.suites import writing as suite_writing
from policy_app.evaluation.gatekeeper.suites.requests import review_of
from policy_app.evaluation.kube_yaml import writing
from policy_app.services.enforcement import InForce
from policy_app.services.errors import PolicyError
from policy_app.services.testing import DEFAULT_NAMESPACE, Report

SUITE = "suite.yaml"
NAME = "case_name"
"""The target of refusals that are about a case's name."""
MOST = 100
"""Cases that a suite may have."""
LONGEST_NAME = 100
_EXPANSION = "expansion.yaml"
_UNSAFE = re.compile(r"[^a-z0-9]+")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16

Files = dict[str, str]
"""The text of each file, by its path beside the suite."""
Install = Callable[[Mapping[str, Any]], InForce]
"""What parameters come to on a cluster."""


@dataclass(frozen=True, slots=True)
class Case:
    """One object and what is expected of it."""

    name: str
    manifest: str
    """The object as YAML, or the AdmissionReview about it."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The messages, by the name of the constraint that has them."""

    @property
    def messages(self) -> list[str]:
        """What all of the constraints say."""
        return [message for messages in self.expected.values() for message in messages]


def cases_of(
    name: str,
    text: str,
    parameters: Mapping[str, Any],
    in_force: InForce,
    namespace: str = DEFAULT_NAMESPACE,
) -> list[Case]:
    """A case for each object of a text, as the constraints in force judge it now.

    Objects that name no namespace go to ``namespace``.  Raises ``PolicyError`` where there is
    nothing to judge, or nothing that judges.
    """
    if not name or len(name) > LONGEST_NAME:
        text = f"Give the case a name of 1 to {LONGEST_NAME} characters."
        raise PolicyError("InvalidCase", text, target=NAME)
    if not in_force.constraints:
        text = "A suite tests constraints, and nothing here comes to one."
        raise PolicyError("NoConstraint", text, target=NAME)
    loaded = manifests.load(name, text)
    if loaded.problems or not loaded.documents:
        why = loaded.problems[0].message if loaded.problems else "There is no object in it."
        raise PolicyError("InvalidCase", f"The manifest is no case: {why}", target=NAME)
    objects = [document.object for document in loaded.documents]
    names = [name] if len(objects) == 1 else [f"{name} {n}" for n in range(1, len(objects) + 1)]
    return [
        _case(each, thing, parameters, in_force, namespace)
        for each, thing in zip(names, objects, strict=True)
    ]


def files_of_test(report: Report) -> Files:
    """The files of a suite with every object of a test, under the constraints that judged one.

    Raises ``PolicyError`` as ``cases_of`` and ``files_of`` do.
    """
    decisions = [document.decision for document in report.documents]
    judging = {name for decision in decisions for name in decision.passed}
    judging |= {one.constraint for decision in decisions for one in decision.violations}
    constraints = [one for one in report.in_force.constraints if one.name in judging]
    in_force = replace(report.in_force, constraints=constraints)
    cases = [
        case
        for file in report.files
        for case in cases_of(file.name, file.text, {}, in_force, report.namespace)
    ]
    return files_of(report.cluster.scope.name, cases, lambda _: in_force)


def files_of(title: str, cases: Sequence[Case], install: Install) -> Files:
    """The files of a suite with these cases.

    Raises ``PolicyError`` where there is no case, where two have one name, and where one does not
    say any more what is expected of it.
    """
    check(cases)
    files = _written(title, cases, install)
    suite = suites.read_suite(SUITE, files[SUITE].encode())
    assert suite is not None
    result = suites.run(suite, lambda path: files[path].encode())
    faults = [PolicyError("SuiteFailed", one) for one in _failures(result)]
    if faults:
        text = "The suite does not pass: what a case says is not what it said when it was added."
        raise PolicyError("SuiteFailed", text, details=faults)
    return files


def check(cases: Sequence[Case]) -> None:
    """Raise ``PolicyError`` for no case, for too many, and for two of one name."""
    if not 0 < len(cases) <= MOST:
        text = f"A suite has 1 to {MOST} cases, and this one {len(cases)}. Add what you tried."
        raise PolicyError("InvalidSuite", text, target=NAME)
    names = Counter(case.name for case in cases)
    for name, count in names.items():
        if count > 1:
            text = f"{count} cases have the name '{name}'; gator tells them apart by it."
            raise PolicyError("InvalidSuite", text, target=NAME)


def archive(title: str, files: Files) -> bytes:
    """The files in a folder of this name, as a zip; the same files give the same bytes."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as packed:
        for path, text in files.items():
            entry = zipfile.ZipInfo(f"{slug(title)}/{path}", _EPOCH)
            entry.external_attr = _READABLE
            packed.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return stored.getvalue()


def slug(text: str) -> str:
    """A text as the name of a file or a resource: ``Pods with labels`` → ``pods-with-labels``."""
    return _UNSAFE.sub("-", text.lower()).strip("-")[:60].strip("-") or "suite"


def _case(
    name: str,
    thing: Mapping[str, Any],
    parameters: Mapping[str, Any],
    in_force: InForce,
    namespace: str,
) -> Case:
    """gator asks about a plain object; where a policy reads the request too, the case has one."""
    review = Review.create(thing, default_namespace=namespace)
    plain, asked = dict(review.object or {}), _request(review)
    try:
        alone, requested = _messages(in_force, plain), _messages(in_force, asked)
    except GatekeeperError as error:
        raise PolicyError(
            "InvalidCase", f"{name} is no case: {error.message}.", target=NAME
        ) from None
    manifest = plain if alone == requested else asked
    return Case(name, writing.dump(manifest, sort=False), parameters, requested)


def _request(review: Review) -> dict[str, Any]:
    request = {name: value for name, value in review.to_input().items() if value}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def _messages(in_force: InForce, thing: Mapping[str, Any]) -> dict[str, list[str]]:
    """What gator counts, by constraint: every violation, whatever the constraint's action."""
    expander = Expander(WORKLOADS if looks_at_generated(in_force.constraints) else ())
    review = review_of(thing)
    decision = review_expanded(in_force.client, expander, review, point=GATOR_POINT)
    found: dict[str, list[str]] = {}
    for violation in decision.violations:
        found.setdefault(violation.constraint, []).append(violation.message)
    return found


def _written(title: str, cases: Sequence[Case], install: Install) -> Files:
    """The suite first; a template or an object once, a constraint for each set of parameters."""
    objects = dict(zip((case.name for case in cases), _paths("objects", cases), strict=True))
    files: Files = {SUITE: ""}
    files |= {objects[case.name]: case.manifest for case in cases}
    tests: list[Test] = []
    groups = _by_parameters(cases)
    for number, group in enumerate(groups, 1):
        in_force = install(group[0].parameters)
        for constraint in in_force.constraints:
            name = f"{constraint.name}-{number}" if len(groups) > 1 else constraint.name
            template = in_force.templates[constraint.kind]
            test = Test(
                name=name,
                template=f"templates/{template.name}.yaml",
                constraint=f"constraints/{name}.yaml",
                expansion=_EXPANSION if looks_at_generated([constraint]) else "",
                cases=tuple(_asserted(case, constraint, objects) for case in group),
            )
            files[test.template] = writing.dump(dict(template.written), sort=False)
            files[test.constraint] = writing.dump(constraint.to_object(), sort=False)
            tests.append(test)
    if any(test.expansion for test in tests):
        files[_EXPANSION] = "---\n".join(
            writing.dump(one, sort=False) for one in workload_objects()
        )
    files[SUITE] = writing.dump(suite_writing.to_object(slug(title), tests), sort=False)
    return files


def _asserted(case: Case, constraint: Constraint, objects: Mapping[str, str]) -> SuiteCase:
    assertions = suite_writing.assertions_of(case.expected.get(constraint.name, ()))
    return SuiteCase(name=case.name, object=objects[case.name], assertions=assertions)


def _paths(folder: str, cases: Sequence[Case]) -> Iterator[str]:
    """A file for each case, named after it; a number tells apart those that would be one."""
    taken: Counter[str] = Counter()
    for case in cases:
        stem = slug(case.name)
        taken[stem] += 1
        yield f"{folder}/{stem}{f'-{taken[stem]}' if taken[stem] > 1 else ''}.yaml"


def _by_parameters(cases: Sequence[Case]) -> list[list[Case]]:
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(json.dumps(case.parameters, sort_keys=True), []).append(case)
    return list(groups.values())


def _failures(result: SuiteResult) -> Iterator[str]:
    for test in result.tests:
        if test.error:
            yield f"{test.name}: {test.error}"
        yield from (f"{case.name}: {case.error}" for case in test.cases if case.error)
