"""Suites run in memory: a template, a constraint and pods, beside whatever a test puts there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from policy_app.evaluation.gatekeeper import suites
from policy_app.evaluation.gatekeeper.drivers import ENGINES
from policy_app.evaluation.gatekeeper.suites import CaseResult
from tests.evaluation.gatekeeper.samples import template_object

HEADER = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\n"


def constraint_object(name: str = "none", **spec: Any) -> dict[str, Any]:
    """A constraint of the kind in ``template_object``."""
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": "K8sPrivileged",
        "metadata": {"name": name},
        "spec": spec,
    }


def pod(*privileged: str, namespace: str = "shop") -> dict[str, Any]:
    """A Pod with privileged containers of these names."""
    containers = [{"name": one, "securityContext": {"privileged": True}} for one in privileged]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"containers": containers},
    }


FILES: dict[str, Any] = {
    "suites/template.yaml": template_object(),
    "suites/constraint.yaml": constraint_object(),
    "suites/good.yaml": pod(),
    "suites/bad.yaml": pod("web", "log"),
}


def ran(
    text: str,
    files: Mapping[str, Any] = FILES,
    *,
    chosen: str = "",
    explain: bool = False,
    engines: Sequence[str] = ENGINES,
) -> suites.SuiteResult:
    """A suite in ``suites/suite.yaml``, run with these files beside it."""

    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(2, "no such file or directory", path)
        content = files[path]
        return content.encode() if isinstance(content, str) else json.dumps(content).encode()

    suite = suites.read_suite("suites/suite.yaml", (HEADER + text).encode())
    assert suite is not None
    wanted = suites.Filter.parse(chosen)
    return suites.run(suite, read, wanted, explain=explain, engines=engines)


def one_test(
    body: str,
    files: Mapping[str, Any] = FILES,
    *,
    paths: str = "",
    chosen: str = "",
    explain: bool = False,
    engines: Sequence[str] = ENGINES,
) -> suites.TestResult:
    """The result of a test with this body."""
    paths = paths or "template: template.yaml, constraint: constraint.yaml"
    suite = f"tests: [{{name: t, {paths}, {body}}}]"
    [test] = ran(suite, files, chosen=chosen, explain=explain, engines=engines).tests
    return test


def one_case(body: str, files: Mapping[str, Any] = FILES, *, paths: str = "") -> CaseResult:
    """The result of a case with this body."""
    test = one_test(f"cases: [{{name: c, {body}}}]", files, paths=paths)
    assert not test.error
    [case] = test.cases
    return case
