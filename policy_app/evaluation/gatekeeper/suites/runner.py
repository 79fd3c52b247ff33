"""Running a suite: each case under its own constraint alone, as ``gator verify`` does."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import (
    ACTIONS,
    GATOR_POINT,
    SCOPED,
    Constraint,
    is_constraint,
)
from policy_app.evaluation.gatekeeper.drivers import ENGINES
from policy_app.evaluation.gatekeeper.errors import (
    ConstraintSchemaError,
    GatekeeperError,
    ReviewError,
    TemplateError,
)
from policy_app.evaluation.gatekeeper.expansion import (
    Expander,
    ExpansionTemplate,
    is_expansion_template,
    review_expanded,
)
from policy_app.evaluation.gatekeeper.inventory import inventory_of
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.suites import errors
from policy_app.evaluation.gatekeeper.suites.assertions import check
from policy_app.evaluation.gatekeeper.suites.errors import SuiteError
from policy_app.evaluation.gatekeeper.suites.files import Files, Reader
from policy_app.evaluation.gatekeeper.suites.filters import Filter
from policy_app.evaluation.gatekeeper.suites.requests import review_of
from policy_app.evaluation.gatekeeper.suites.results import CaseResult, SuiteResult, TestResult
from policy_app.evaluation.gatekeeper.suites.suite import Case, Suite, Test
from policy_app.evaluation.gatekeeper.suites.tracing import trace
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate, is_template
from policy_app.evaluation.results import Decision


def run(
    suite: Suite,
    read: Reader,
    chosen: Filter = Filter(),  # noqa: B008 - a frozen value
    path: str = "",
    *,
    explain: bool = False,
    engines: Sequence[str] = ENGINES,
) -> SuiteResult:
    """Run the chosen cases of a suite; what goes wrong is in the result.

    ``read`` gets the paths of files as they stand beside ``suite.path``; ``path`` is how the
    result names the suite where that differs.  With ``explain``, cases tell why they came out as
    they did, which takes longer.  Of a template's languages, the first one among ``engines`` runs.
    """
    started = time.perf_counter()
    shown = path or suite.path
    if suite.skip:
        return SuiteResult(shown, tests=tuple(_left_out(test) for test in suite.tests))
    running = _Running(Files(suite.path, read), chosen, explain, engines)
    tests = tuple(running.test(test) for test in suite.tests)
    return SuiteResult(shown, time.perf_counter() - started, tests)


def _left_out(test: Test) -> TestResult:
    return TestResult(test.name, skipped=True, left_out=len(test.cases))


class _Running:
    """One suite under way."""

    def __init__(self, files: Files, chosen: Filter, explain: bool, engines: Sequence[str]) -> None:
        self._files = files
        self._engines = engines
        self._chosen = chosen
        self._explain = explain
        self._templates: dict[str, ConstraintTemplate] = {}

    def test(self, test: Test) -> TestResult:
        """Install the template and the constraint, and try every case."""
        if test.skip or not self._chosen.takes_test(test):
            return _left_out(test)
        started = time.perf_counter()
        cases: tuple[CaseResult, ...] = ()
        error = ""
        try:
            if test.invalid:
                self._expect_refusal(test)
            else:
                bench = self._bench(test)
                cases = tuple(self._case(bench, test, case) for case in test.cases)
        except (SuiteError, GatekeeperError) as problem:
            error = str(problem)
        return TestResult(test.name, error, False, time.perf_counter() - started, cases)

    def _expect_refusal(self, test: Test) -> None:
        found = "<nil>"
        try:
            self._bench(test)
        except ConstraintSchemaError:
            return
        except (SuiteError, GatekeeperError) as problem:
            found = str(problem)
        raise SuiteError(
            errors.VALID_CONSTRAINT, f"got error {found} but want {errors.SCHEMA_FAILED}"
        )

    def _bench(self, test: Test) -> _Bench:
        template = self._template(test)
        if not test.constraint:
            raise SuiteError(errors.INVALID_SUITE, "missing constraint")
        written = self._files.first(test.constraint)
        if not is_constraint(written):
            path = self._files.path(test.constraint)
            raise SuiteError(errors.NOT_A_CONSTRAINT, f'"{path}"')
        constraint = Constraint.parse(_with_known_actions(written))
        bench = _Bench(template, constraint, self._expander(test), self._explain)
        bench.client({})
        return bench

    def _expander(self, test: Test) -> Expander:
        if not test.expansion:
            return Expander()
        written = self._files.objects(test.expansion)
        if not all(map(is_expansion_template, written)):
            path = self._files.path(test.expansion)
            raise SuiteError(errors.NOT_AN_EXPANSION, f'"{path}"')
        expander = Expander(map(ExpansionTemplate.parse, written))
        if expander.conflicts:
            names = ", ".join(sorted(expander.conflicts))
            raise SuiteError(errors.EXPANSION_CYCLE, names)
        return expander

    def _template(self, test: Test) -> ConstraintTemplate:
        if not test.template:
            raise SuiteError(errors.INVALID_SUITE, "missing template")
        if test.template not in self._templates:
            written = self._files.first(test.template)
            if not is_template(written):
                path = self._files.path(test.template)
                raise SuiteError(f'path "{path}"', errors.NOT_A_TEMPLATE)
            try:
                template = ConstraintTemplate.parse(written, self._engines)
                template.compile()
            except TemplateError as error:
                raise SuiteError(errors.ADDING_TEMPLATE, error.message) from None
            self._templates[test.template] = template
        return self._templates[test.template]

    def _case(self, bench: _Bench, test: Test, case: Case) -> CaseResult:
        if case.skip or not self._chosen.takes_case(test, case.name):
            return CaseResult(case.name, skipped=True)
        started = time.perf_counter()
        error = ""
        told: tuple[str, ...] = ()
        try:
            decision = self._decision(bench, case)
            told = tuple(trace(decision)) if self._explain else ()
            messages = [violation.message for violation in decision.violations]
            for assertion in case.assertions:
                check(assertion, messages)
        except (SuiteError, GatekeeperError) as problem:
            error = str(problem)
        return CaseResult(case.name, error, False, time.perf_counter() - started, told)

    def _decision(self, bench: _Bench, case: Case) -> Decision:
        if not case.object:
            raise SuiteError(errors.INVALID_CASE, "must define object")
        if not case.assertions:
            raise SuiteError(errors.INVALID_CASE, "assertions must be non-empty")
        reviewed = self._files.objects(case.object)
        if len(reviewed) != 1:
            path = self._files.path(case.object)
            raise SuiteError(errors.SEVERAL_OBJECTS, f'"{path}" defines {len(reviewed)} objects')
        return bench.judge(review_of(reviewed[0]), self._inventory(case))

    def _inventory(self, case: Case) -> dict[str, Any]:
        try:
            return inventory_of(
                thing for name in case.inventory for thing in self._files.objects(name)
            )
        except ReviewError as error:
            raise SuiteError(errors.NO_INVENTORY, error.message) from None


def _with_known_actions(constraint: Mapping[str, Any]) -> Mapping[str, Any]:
    """The constraint with ``deny`` for actions that only the webhook refuses.

    To gator an action is any word, and all that the constraint finds counts.
    """
    spec = constraint.get("spec")
    if not isinstance(spec, Mapping):
        return constraint
    spec = _known(spec, "enforcementAction", (*ACTIONS, SCOPED))
    scoped = spec.get("scopedEnforcementActions")
    if isinstance(scoped, list):
        known = [_known(entry, "action", ACTIONS) for entry in scoped]
        spec = {**spec, "scopedEnforcementActions": known}
    return {**constraint, "spec": spec}


def _known(fields: Any, name: str, actions: Sequence[str]) -> Any:
    action = fields.get(name) if isinstance(fields, Mapping) else None
    if not isinstance(action, str) or action in actions:
        return fields
    return {**fields, name: "deny"}


class _Bench:
    """A template, a constraint and what expands objects, to lay objects on."""

    def __init__(
        self,
        template: ConstraintTemplate,
        constraint: Constraint,
        expander: Expander,
        explain: bool,
    ) -> None:
        self._template = template
        self._constraint = constraint
        self._expander = expander
        self._explain = explain
        self._bare: Client | None = None

    def client(self, inventory: Mapping[str, Any]) -> Client:
        """A client with nothing but them and the inventory.  Raises ``ConstraintError``."""
        if inventory:
            return self._new_client(inventory)
        if self._bare is None:
            self._bare = self._new_client({})
        return self._bare

    def _new_client(self, inventory: Mapping[str, Any]) -> Client:
        return Client([self._template], [self._constraint], inventory, explain=self._explain)

    def judge(self, review: Review, inventory: Mapping[str, Any]) -> Decision:
        """What the constraint says, whatever its action, in Gatekeeper's order."""
        client = self.client(inventory)
        decision = review_expanded(client, self._expander, review, point=GATOR_POINT)
        # A constraint with several actions at one point says everything once for each.
        others = self._constraint.actions_at(GATOR_POINT)[1:]
        once = [one for one in decision.violations if one.enforcement_action not in others]
        return replace(decision, violations=once)
