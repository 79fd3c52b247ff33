"""A custom definition is stored whole, versioned by what changed, put to work, and deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policy_app.models import Cluster, Definition, DefinitionVersion, Scope
from policy_app.services import assignments, authoring, definitions, testing
from policy_app.services.authoring import Kind
from policy_app.services.errors import NotFound, PolicyError
from policy_app.services.testing import Upload
from tests.services.authoring.bodies import TEMPLATE, initiative, member, policy
from tests.services.test_drafts import draft

POD = b"""\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: nginx}]}
"""


def versions(row: Definition) -> list[str]:
    """The versions that are stored, newest first."""
    return [one.version for one in row.versions.all()]


def test_a_policy_with_its_own_template_decides_in_a_cluster(
    subscription: Scope, own: Definition, aks_demo: Cluster
) -> None:
    assignments.put(draft(subscription, own, parameters={"effect": "Deny"}), None)
    (document,) = testing.run(aks_demo, [Upload("pod.yaml", POD)]).documents
    assert not document.accepted
    assert "The label team is missing." in document.output


def test_what_is_stored_is_what_lists_and_pages_show(own: Definition, subscription: Scope) -> None:
    assert own.scope == subscription
    assert own.arm_id == (
        f"{subscription.arm_id}/providers/Microsoft.Authorization/policyDefinitions/own"
    )
    assert (own.policy_type, own.mode) == ("Custom", "Microsoft.Kubernetes.Data")
    assert (own.category, own.evaluation_gap, own.latest_version) == ("Own", "", "1.0.0")
    assert own in definitions.listing(Kind.POLICY, subscription)


def test_the_metadata_says_who_made_and_changed_it(subscription: Scope, alice: User) -> None:
    alice.is_superuser = True
    lying = policy(metadata={"category": "Own", "createdBy": "somebody else"})
    row, _ = authoring.put(subscription, "own", lying, alice)
    created = definitions.version(row).body["metadata"]
    assert (created["createdBy"], created["updatedBy"]) == ("alice", None)
    changed, _ = authoring.put(subscription, "own", policy(description="New."), None)
    metadata = definitions.version(changed).body["metadata"]
    assert (metadata["createdBy"], metadata["createdOn"]) == ("alice", created["createdOn"])
    assert metadata["updatedOn"] > created["createdOn"]
    assert row.history.last().history_user == alice


def test_the_same_body_twice_makes_no_second_version(subscription: Scope, own: Definition) -> None:
    again, created = authoring.put(subscription, "OWN", policy(), None)
    assert (again.pk, created, versions(again)) == (own.pk, False, ["1.0.0"])
    shown = definitions.version(own).body
    authoring.put(subscription, "own", {"properties": {**shown, "versions": ["1.0.0"]}}, None)
    assert versions(own) == ["1.0.0"]


@pytest.mark.parametrize(
    ("change", "version"),
    [
        ({"description": "What it is for."}, "1.0.1"),
        ({"metadata": {"category": "Elsewhere"}}, "1.0.1"),
        ({"parameters": {**policy()["properties"]["parameters"], "more": {"type": "String"}}}, ""),
        ({"mode": "Microsoft.Kubernetes.Data"}, "1.0.0"),
    ],
)
def test_texts_raise_the_patch(
    subscription: Scope, own: Definition, change: dict[str, Any], version: str
) -> None:
    if not version:
        with pytest.raises(PolicyError, match="does not use it"):
            authoring.put(subscription, "own", policy(**change), None)
        return
    row, _ = authoring.put(subscription, "own", policy(**change), None)
    assert row.latest_version == version


def test_another_rego_is_another_major_version_and_the_old_one_stays(
    subscription: Scope, own: Definition
) -> None:
    stricter = TEMPLATE.replace("is missing.", "is needed.")
    row, _ = authoring.put(subscription, "own", policy(stricter), None)
    assert versions(row) == ["2.0.0", "1.0.0"]
    kept = definitions.parse(definitions.version(row, "1.*.*"))
    assert kept.version == "1.0.0"


def test_a_version_in_the_body_counts_where_it_is_higher(
    subscription: Scope, own: Definition
) -> None:
    row, _ = authoring.put(subscription, "own", policy(version="3.0.0", description="Three."), None)
    assert row.latest_version == "3.0.0"
    row, _ = authoring.put(subscription, "own", policy(version="1.0.0", description="4"), None)
    assert row.latest_version == "3.0.1"
    row, _ = authoring.put(
        subscription, "own", policy(metadata={"category": "Own", "version": "5.0.0"}), None
    )
    assert row.latest_version == "5.0.0"


def test_check_says_what_a_save_would_do_and_saves_nothing(
    subscription: Scope, own: Definition
) -> None:
    changed = policy()
    changed["properties"]["policyRule"]["then"]["details"]["kinds"].append("Service")
    version, reasons = authoring.check(subscription, "own", changed, None)
    assert version == "1.1.0"
    assert [one.path for one in reasons] == ["properties.policyRule.then.details.kinds[1]"]
    assert authoring.check(subscription, "new", policy(), None) == ("1.0.0", [])
    assert versions(own) == ["1.0.0"]
    assert not Definition.objects.filter(name="new").exists()


def test_some_properties_are_changed_and_the_others_stay(own: Definition) -> None:
    row = authoring.change(own, {"description": "Only this."}, None)
    body = definitions.version(row).body
    assert (body["description"], body["displayName"]) == ("Only this.", "Pods carry a label")


def test_a_definition_is_deleted_with_its_versions_and_leaves_its_history(
    own: Definition, alice: User
) -> None:
    alice.is_superuser = True
    key, arm_id = own.pk, own.arm_id
    authoring.delete(own, alice)
    assert definitions.find(arm_id) is None
    assert not DefinitionVersion.objects.filter(definition_id=key).exists()
    gone = Definition.history.filter(id=key).first()
    assert (gone.history_type, gone.history_user) == ("-", alice)


def test_a_built_in_is_neither_changed_nor_deleted(baseline: Definition) -> None:
    for attempt in (
        lambda: authoring.change(baseline, {"description": "Ours now."}, None),
        lambda: authoring.delete(baseline, None),
        lambda: authoring.delete_version(definitions.version(baseline), None),
    ):
        with pytest.raises(PolicyError, match="is built in"):
            attempt()
    assert Definition.objects.filter(pk=baseline.pk).exists()


def test_versions_are_written_read_and_deleted_one_by_one(
    subscription: Scope, own: Definition
) -> None:
    older, created = authoring.put_version(subscription, "own", "0.9.0", policy(), None)
    assert (older.version, created) == ("0.9.0", True)
    newer, created = authoring.put_version(
        subscription, "own", "1.2.0", policy(displayName="Newer"), None
    )
    own.refresh_from_db()
    assert (own.latest_version, own.display_name) == ("1.2.0", "Newer")
    replaced, created = authoring.put_version(
        subscription, "own", "1.2.0", policy(displayName="Newest"), None
    )
    own.refresh_from_db()
    assert (replaced.pk, created, own.display_name) == (newer.pk, False, "Newest")
    authoring.delete_version(replaced, None)
    own.refresh_from_db()
    assert (own.latest_version, own.display_name) == ("1.0.0", "Pods carry a label")
    authoring.delete_version(definitions.version(own, "0.9.0"), None)
    with pytest.raises(PolicyError, match="only version") as refused:
        authoring.delete_version(definitions.version(own), None)
    assert refused.value.code == "InvalidDeletePolicyDefinitionRequest"


@pytest.mark.parametrize("version", ["1", "1.*.*", "one", "1.0.0.0", ""])
def test_a_version_is_three_numbers(subscription: Scope, own: Definition, version: str) -> None:
    with pytest.raises(PolicyError) as refused:
        authoring.put_version(subscription, "own", version, policy(), None)
    assert refused.value.code == "InvalidPolicyDefinitionVersion"


def test_a_version_of_nothing_is_not_found(subscription: Scope) -> None:
    with pytest.raises(NotFound) as refused:
        authoring.put_version(subscription, "nothing", "1.0.0", policy(), None)
    assert refused.value.code == "PolicyDefinitionNotFound"


def test_an_initiative_is_stored_with_its_members_and_their_gap(
    subscription: Scope, own: Definition
) -> None:
    body = initiative(member(own.arm_id), member(own.arm_id.upper(), "again"))
    row, created = authoring.put(subscription, "set", body, None, Kind.INITIATIVE)
    assert (created, row.policy_count, row.evaluation_gap) == (True, 2, "")
    assert list(definitions.initiatives_with(own)) == [row]
    wider = policy(mode="Indexed")
    wider["properties"]["policyRule"]["then"] = {"effect": "[parameters('effect')]"}
    wider["properties"]["parameters"].pop("label")
    authoring.put(subscription, "indexed", wider, None)
    indexed = Definition.objects.get(name="indexed")
    grown = initiative(member(own.arm_id), member(indexed.arm_id, "azure"))
    row, _ = authoring.put(subscription, "set", grown, None, Kind.INITIATIVE)
    assert row.evaluation_gap.startswith("1 of its 2 policies judges Azure resources")


def test_members_without_a_reference_id_get_one_of_their_own(
    subscription: Scope, own: Definition
) -> None:
    nameless = member(own.arm_id)
    del nameless["policyDefinitionReferenceId"]
    body = initiative(nameless, member(own.arm_id, "policy1"))
    row, _ = authoring.put(subscription, "set", body, None, Kind.INITIATIVE)
    kept = definitions.version(row).body["policyDefinitions"]
    ids = [one["policyDefinitionReferenceId"] for one in kept]
    assert len({one.lower() for one in ids}) == 2
    assert ids[1] == "policy1"


def test_a_save_costs_as_many_queries_among_many_initiatives(
    subscription: Scope, own: Definition
) -> None:
    def queries(text: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            authoring.put(subscription, "own", policy(description=text), None)
        return len(captured)

    body = initiative(member(own.arm_id))
    authoring.put(subscription, "set-0", body, None, Kind.INITIATIVE)
    queries("warm")
    few = queries("one initiative")
    for number in range(1, 6):
        authoring.put(subscription, f"set-{number}", body, None, Kind.INITIATIVE)
    assert queries("six initiatives") <= few + 5 * 3
