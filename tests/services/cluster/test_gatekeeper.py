"""Gatekeeper in a cluster: templates make kinds, and each object says whether it works."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.apimachinery.errors import ApiError
from policy_app.models import KubeObject
from policy_app.services.cluster import installed as deciding
from policy_app.services.cluster import store
from tests.services.cluster.inside import Api, constraint, pod, template

CONSTRAINTS = "constraints.gatekeeper.sh/v1beta1"
DEFINITIONS = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


@pytest.fixture
def api(portal: None) -> Api:
    """The demo cluster, with nothing assigned."""
    return Api()


def assign(name: str, path: str, value: Any) -> dict[str, Any]:
    """A mutator for Pods."""
    return {
        "apiVersion": "mutations.gatekeeper.sh/v1",
        "kind": "Assign",
        "metadata": {"name": name},
        "spec": {
            "applyTo": [{"groups": [""], "versions": ["v1"], "kinds": ["Pod"]}],
            "location": path,
            "parameters": {"assign": {"value": value}},
        },
    }


def denied(api: Api, thing: dict[str, Any]) -> ApiError:
    """The refusal of an object."""
    with pytest.raises(ApiError) as caught:
        api.create(thing)
    return caught.value


def test_a_template_makes_the_kind_of_its_constraints(api: Api) -> None:
    api.create(template())
    (made,) = [
        one
        for one in api.all(*DEFINITIONS)
        if one["metadata"]["name"] == "needsowner.constraints.gatekeeper.sh"
    ]
    assert made["spec"]["names"]["categories"] == ["constraint", "constraints"]
    assert made["metadata"]["ownerReferences"][0]["kind"] == "ConstraintTemplate"
    api.create(constraint())
    (known,) = api.all(CONSTRAINTS, "NeedsOwner")
    assert [one["id"] for one in known["status"]["byPod"]] == [
        "gatekeeper-audit",
        "gatekeeper-controller",
    ]
    assert denied(api, pod()).message.endswith("[wants-needsowner] the label owner is missing")


def test_with_a_template_its_kind_and_its_constraints_go(api: Api) -> None:
    api.create(template())
    api.create(constraint())
    api.delete(template())
    assert "needsowner.constraints.gatekeeper.sh" not in api.names(*DEFINITIONS)
    assert api.all(CONSTRAINTS, "NeedsOwner") == []
    assert api.create(pod()).created
    api.create(template())
    assert api.all(CONSTRAINTS, "NeedsOwner") == []


def test_a_changed_template_changes_its_kind_and_what_is_refused(api: Api) -> None:
    api.create(template())
    api.create(constraint())
    changed = template(rego='package needs\nviolation[{"msg": "never"}] { true }\n')
    api.patch(template(), {"spec": changed["spec"]})
    assert denied(api, pod()).message.endswith("[wants-needsowner] never")


def test_a_template_that_does_not_compile_is_refused_by_gatekeepers_webhook(api: Api) -> None:
    error = denied(api, template(rego="package needs\nviolation[{"))
    assert error.code == 422
    assert error.message.startswith('admission webhook "validation.gatekeeper.sh" denied')
    assert "rego_parse_error" in error.message


def test_a_constraint_that_does_not_fit_its_template_is_refused(api: Api) -> None:
    api.create(template())
    odd = constraint()
    odd["spec"]["parameters"] = {"label": 3}
    assert denied(api, odd).code == 422


def test_mutators_change_what_is_created_and_tell_when_they_are_in_conflict(api: Api) -> None:
    api.create(assign("no-token", "spec.automountServiceAccountToken", value=False))
    outcome = api.create(pod())
    assert outcome.object["spec"]["automountServiceAccountToken"] is False
    api.create(assign("odd", "spec.automountServiceAccountToken.deeper", value=1))
    found = api.all("mutations.gatekeeper.sh/v1", "Assign")
    assert [one["status"]["byPod"][0]["enforced"] for one in found] == [True, True] or all(
        one["status"]["byPod"][0]["errors"] for one in found
    )


def test_two_mutators_that_see_one_field_as_two_shapes_are_not_enforced(api: Api) -> None:
    api.create(assign("as-object", "spec.extra.name", "x"))
    api.create(assign("as-list", 'spec.extra[name: "y"].value', "x"))
    for one in api.all("mutations.gatekeeper.sh/v1", "Assign"):
        (first, *_) = one["status"]["byPod"]
        assert first["enforced"] is False
        assert first["errors"][0]["type"] == "ConflictingSchema"
        assert "as-" in first["errors"][0]["message"]


def test_what_was_compiled_in_a_dry_run_is_not_taken_for_what_is_stored(api: Api) -> None:
    api.create(template())
    with store.writing(api.cluster) as writer:
        before = writer.state.deciding
        (row,) = KubeObject.objects.filter(
            cluster=api.cluster, plural="constrainttemplates", name="needsowner"
        )
        writer.change(row, {**row.body, "spec": {}})
        assert writer.state.deciding != before
        assert "NeedsOwner" not in deciding.installed(api.cluster, writer.state).webhook.templates
        raise store.DryRun
    assert "NeedsOwner" in deciding.installed(api.cluster).webhook.templates


def test_a_status_is_no_reason_to_compile_again(api: Api) -> None:
    api.create(template())
    api.create(constraint())
    first = deciding.installed(api.cluster)
    with store.writing(api.cluster) as writer:
        row = KubeObject.objects.get(cluster=api.cluster, name="wants-needsowner")
        writer.change(row, {**row.body, "status": {"totalViolations": 7}})
    assert deciding.installed(api.cluster) is first


def test_gatekeepers_settings_keep_a_namespace_out(api: Api) -> None:
    api.create(template())
    api.create(constraint())
    settings = {
        "apiVersion": "config.gatekeeper.sh/v1alpha1",
        "kind": "Config",
        "metadata": {"name": "config", "namespace": "gatekeeper-system"},
    }
    match = [{"processes": ["webhook"], "excludedNamespaces": ["shop"]}]
    api.patch(settings, {"spec": {"match": match}})
    assert api.create(pod(namespace="shop")).created
    assert denied(api, pod()).code == 403


def test_referential_policies_see_the_kinds_that_are_synced(api: Api) -> None:
    code = (
        "package needs\n"
        'violation[{"msg": msg}] {\n'
        '  data.inventory.namespace[_]["v1"]["Pod"][other]\n'
        '  msg := sprintf("there is %v already", [other])\n'
        "}\n"
    )
    api.create(pod("first"))
    api.create(template(rego=code))
    api.create(constraint())
    assert api.create(pod("second")).created
    sync = {
        "apiVersion": "syncset.gatekeeper.sh/v1alpha1",
        "kind": "SyncSet",
        "metadata": {"name": "pods"},
        "spec": {"gvks": [{"group": "", "version": "v1", "kind": "Pod"}]},
    }
    api.create(sync)
    assert "there is first already" in denied(api, pod("third")).message


def test_a_namespace_may_not_keep_the_webhooks_out_by_itself(api: Api) -> None:
    label = {"admission.gatekeeper.sh/ignore": "mine"}
    own = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "own"}}
    refusal = denied(api, {**own, "metadata": {"name": "own", "labels": label}})
    assert (refusal.code, refusal.reason) == (403, "Forbidden")
    assert refusal.message == (
        'admission webhook "check-ignore-label.gatekeeper.sh" denied the request: '
        "Only exempt namespace can have the admission.gatekeeper.sh/ignore label"
    )

    assert api.create(own).created
    with pytest.raises(ApiError, match="Only exempt namespace"):
        api.patch(own, {"metadata": {"labels": label}})
    assert api.patch(own, {"metadata": {"labels": {"team": "shop"}}}).object


def test_gatekeepers_own_namespace_keeps_the_label_that_it_has(api: Api) -> None:
    system = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gatekeeper-system"}}
    label = {"admission.gatekeeper.sh/ignore": "no-self-managing"}
    assert api.patch(system, {"metadata": {"labels": label, "annotations": {"a": "b"}}}).object


def test_without_the_add_on_nobody_asks_about_the_label(api: Api) -> None:
    cluster = api.cluster
    cluster.addon_enabled = False
    cluster.save()
    label = {"admission.gatekeeper.sh/ignore": "mine"}
    own = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "own", "labels": label}}
    assert api.create(own).created
