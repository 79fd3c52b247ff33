"""Which components an exemption covers, stored or not."""

from __future__ import annotations

import pytest

from policy_app.evaluation.language.exemptions import Exemption
from policy_app.models import Assignment, Cluster, Definition, Scope
from policy_app.services import assignments, exemptions, whatif
from policy_app.services.whatif import Outcome
from tests.services.cluster.inside import Api, pod
from tests.services.test_drafts import draft
from tests.services.whatif.test_examining import become


@pytest.fixture
def denying(aks_demo: Cluster, baseline: Definition, rg_demo: Scope) -> Assignment:
    """The baseline, younger than a privileged Pod and a good one."""
    api = Api()
    api.create(pod("good"))
    api.create(pod("bad", privileged=True))
    return assignments.put(draft(rg_demo, baseline, parameters={"effect": "Deny"}), None)[0]


def waiver(denying: Assignment, scope: Scope, **properties: object) -> Exemption:
    """An exemption that is not stored."""
    about = {"policyAssignmentId": denying.arm_id, "exemptionCategory": "Waiver", **properties}
    return exemptions.validate(scope, "move", {"properties": about})


def covered(
    value: Exemption, denying: Assignment, cluster: Cluster, seconds: float = 60
) -> dict[str, Outcome]:
    """What it covers in the cluster."""
    return become(whatif.covered(value, denying, [cluster], seconds))


def test_it_covers_what_would_be_at_fault_without_it_whether_it_is_stored_or_not(
    denying: Assignment, aks_demo: Cluster, rg_demo: Scope
) -> None:
    value = waiver(denying, rg_demo)
    assert covered(value, denying, aks_demo) == {"Pod bad": Outcome.DENIED}
    exemptions.put(rg_demo, "move", value.to_object(), None)
    assert covered(value, denying, aks_demo) == {"Pod bad": Outcome.DENIED}


@pytest.mark.parametrize(
    "properties",
    [
        {"policyDefinitionReferenceIds": ["NoHostPathVolume"]},
        {"expiresOn": "2020-01-31T12:00:00Z"},
        {
            "resourceSelectors": [
                {"name": "x", "selectors": [{"kind": "resourceLocation", "in": ["nowhere"]}]}
            ]
        },
    ],
)
def test_it_covers_nothing_that_it_does_not_name_and_nothing_after_its_end(
    denying: Assignment, aks_demo: Cluster, rg_demo: Scope, properties: dict[str, object]
) -> None:
    assert covered(waiver(denying, rg_demo, **properties), denying, aks_demo) == {}


def test_what_another_exemption_covers_already_is_not_told_again(
    denying: Assignment, aks_demo: Cluster, rg_demo: Scope
) -> None:
    exemptions.put(rg_demo, "other", waiver(denying, rg_demo).to_object(), None)
    assert covered(waiver(denying, rg_demo), denying, aks_demo) == {}


def test_an_answer_that_is_cut_short_says_so(
    denying: Assignment, aks_demo: Cluster, rg_demo: Scope
) -> None:
    impact = whatif.covered(waiver(denying, rg_demo), denying, [aks_demo], seconds=-1)
    assert not impact.complete
