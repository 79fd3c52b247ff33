"""A definition that carries a template in CEL: assigned, tested and placed as any other."""

from __future__ import annotations

import pytest

from policy_app.models import Cluster, Scope
from policy_app.services import assignments, enforcement, testing
from policy_app.services.testing import Upload
from tests.services.test_drafts import draft
from tests.services.test_enforcement import PRIVILEGED, UNPRIVILEGED, custom_policy

TEMPLATE = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: ownkind}
spec:
  crd: {spec: {names: {kind: OwnKind}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        validations:
        - expression: >-
            object.spec.containers.all(c, !c.?securityContext.?privileged.orValue(false))
          messageExpression: '"Privileged container: " + object.spec.containers[0].name'
"""


@pytest.fixture
def assigned(rg_demo: Scope) -> None:
    row = custom_policy("own", TEMPLATE)
    assignments.put(draft(rg_demo, row, name=row.name, parameters={}), None)


@pytest.mark.usefixtures("assigned")
def test_a_manifest_is_judged_and_the_line_is_found(aks_demo: Cluster) -> None:
    (denied,) = testing.run(aks_demo, [Upload("bad.yaml", PRIVILEGED)]).documents
    (allowed,) = testing.run(aks_demo, [Upload("good.yaml", UNPRIVILEGED)]).documents

    assert not denied.accepted
    assert "Privileged container: nginx-privileged" in denied.output
    (violation,) = denied.decision.violations
    assert violation.place is not None
    assert violation.place.path == "spec.containers[0].securityContext.privileged"
    assert allowed.accepted


def test_a_template_that_does_not_compile_is_not_installed_and_says_why(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    row = custom_policy("own", TEMPLATE.replace("orValue(false)", "orNothing(false)"))
    assignments.put(draft(rg_demo, row, name=row.name, parameters={}), None)

    (absent,) = enforcement.in_force(aks_demo).not_installed

    assert "undeclared reference to 'orNothing'" in absent.reason
