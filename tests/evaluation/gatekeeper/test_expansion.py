"""Expansion: what an object would make, under which name, and where templates keep off."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.errors import ExpansionError, ExpansionTemplateError
from policy_app.evaluation.gatekeeper.expansion import (
    WORKLOADS,
    Expander,
    ExpansionTemplate,
    Resultant,
    workload_objects,
)
from policy_app.evaluation.gatekeeper.mutation import Mutators

from .mutators import assign, label
from .samples import namespace

POD_TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "app", "image": "nginx"}]},
}


def workload(kind: str = "Deployment", api: str = "apps/v1", **spec: Any) -> dict[str, Any]:
    """A workload ``web`` in the namespace ``shop``."""
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": spec or {"template": deepcopy(POD_TEMPLATE)},
    }


def cron_job() -> dict[str, Any]:
    """A CronJob, whose Jobs make Pods."""
    template = {"spec": {"template": deepcopy(POD_TEMPLATE)}}
    return workload("CronJob", "batch/v1", jobTemplate=template)


def template(name: str = "t", **spec: Any) -> dict[str, Any]:
    """An expansion template of Deployments, with changes to its spec."""
    return {
        "apiVersion": "expansion.gatekeeper.sh/v1beta1",
        "kind": "ExpansionTemplate",
        "metadata": {"name": name},
        "spec": {
            "applyTo": [{"groups": ["apps"], "versions": ["v1"], "kinds": ["Deployment"]}],
            "templateSource": "spec.template",
            "generatedGVK": {"group": "", "version": "v1", "kind": "Pod"},
        }
        | spec,
    }


def made(thing: dict[str, Any], *templates: dict[str, Any], **options: Any) -> list[Resultant]:
    """What an object would make under these templates, or under those for workloads."""
    parsed = [ExpansionTemplate.parse(one) for one in templates] or WORKLOADS
    return Expander(parsed, **options).expand(thing)


@pytest.mark.parametrize(
    ("kind", "api"),
    [
        ("Deployment", "apps/v1"),
        ("Deployment", "extensions/v1beta1"),
        ("ReplicaSet", "apps/v1"),
        ("StatefulSet", "apps/v1"),
        ("DaemonSet", "apps/v1"),
        ("Job", "batch/v1"),
        ("ReplicationController", "v1"),
    ],
)
def test_a_workload_makes_its_pod(kind: str, api: str) -> None:
    (pod,) = made(workload(kind, api))
    assert pod.object == POD_TEMPLATE | {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": {"app": "web"}, "name": "web-pod", "namespace": "shop"},
    }
    assert pod.source_path == "spec.template"


def test_a_cron_job_makes_a_job_that_makes_a_pod_and_the_pod_comes_first() -> None:
    pod, job = made(cron_job())
    assert (pod.label, pod.template) == ("Pod web-job-pod", "expand-jobs")
    assert (job.label, job.template) == ("Job web-job", "expand-cronjobs")
    assert pod.source_path == "spec.jobTemplate.spec.template"
    assert pod.object["metadata"]["namespace"] == "shop"


@pytest.mark.parametrize("kind", ["Pod", "Service"])
def test_what_no_template_applies_to_makes_nothing(kind: str) -> None:
    assert made(workload(kind, "v1")) == []


def test_a_name_in_the_template_gives_way_and_the_makers_name_is_lowered() -> None:
    thing = workload(template={"metadata": {"name": "mine"}, "spec": {}})
    thing["metadata"]["name"] = "Web.A"
    (pod,) = made(thing)
    assert pod.object["metadata"] == {"name": "web.a-pod", "namespace": "shop"}


def test_the_namespace_of_the_request_goes_before_the_objects_own() -> None:
    (pod,) = Expander(WORKLOADS).expand(workload(), namespace("other"))
    assert pod.object["metadata"]["namespace"] == "other"


def test_without_any_namespace_none_is_made_up() -> None:
    thing = workload()
    del thing["metadata"]["namespace"]
    (pod,) = made(thing)
    assert "namespace" not in pod.object["metadata"]


def test_the_maker_is_not_changed() -> None:
    thing, kept = workload(), workload()
    made(thing, mutators=Mutators.parse([assign("spec.hostNetwork", False)]))
    assert thing == kept


def test_mutators_of_generated_objects_change_what_is_made() -> None:
    mutators = Mutators.parse(
        [
            assign("spec.a", 1, "generated", match={"source": "Generated"}),
            assign("spec.b", 1, "original", match={"source": "Original"}),
            label("metadata.labels.all", "x", "all"),
        ]
    )
    (pod,) = made(workload(), mutators=mutators)
    assert pod.object["spec"] == POD_TEMPLATE["spec"] | {"a": 1}
    assert pod.object["metadata"]["labels"] == {"app": "web", "all": "x"}
    assert [one.mutator.name for one in pod.mutated.changes] == ["generated", "all"]


def test_a_mutator_that_fails_on_what_is_made_fails_the_request() -> None:
    mutators = Mutators.parse([assign("spec.containers.image", "x")])
    with pytest.raises(ExpansionError, match="failed to mutate resultant resource web-pod: mut"):
        made(workload(), mutators=mutators)


def test_newer_versions_name_the_maker_once() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    (pod,) = made(workload(), owner_references=True)
    assert pod.object["metadata"]["ownerReferences"] == [owner]
    (older,) = made(workload())
    assert "ownerReferences" not in older.object["metadata"]
    known = workload(template={"metadata": {"ownerReferences": [owner | {"uid": "1"}]}})
    (again,) = made(known, owner_references=True)
    assert again.object["metadata"]["ownerReferences"] == [owner | {"uid": "1"}]
    unnamed = workload() | {"metadata": {"generateName": "web-"}}
    (nobodys,) = made(unnamed, owner_references=True)
    assert "ownerReferences" not in nobodys.object["metadata"]


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (
            workload(replicas=1),
            'could not find source field "spec.template" in resource web',
        ),
        (workload(template=[]), "spec.template is not an object"),
        (workload() | {"spec": 5}, "spec is not an object"),
        ({"metadata": {"name": "web"}}, "cannot expand resource web with empty GVK"),
    ],
)
def test_an_object_that_cannot_be_expanded_fails_the_request(
    thing: dict[str, Any], said: str
) -> None:
    with pytest.raises(ExpansionError) as error:
        made(thing)
    assert said in error.value.message


def chain(length: int) -> list[dict[str, Any]]:
    """Templates of which each makes what the next expands."""
    return [
        template(
            f"t{number:02}",
            applyTo=[{"groups": [""], "versions": ["v1"], "kinds": [f"K{number}"]}],
            templateSource="spec",
            generatedGVK={"version": "v1", "kind": f"K{number + 1}"},
        )
        for number in range(length)
    ]


def nested(length: int) -> dict[str, Any]:
    """An object whose spec is an object with a spec, and so on."""
    thing: dict[str, Any] = {}
    for _ in range(length):
        thing = {"spec": thing}
    return {"apiVersion": "v1", "kind": "K0", "metadata": {"name": "web"}} | thing


def test_objects_make_objects_to_a_depth_of_thirty() -> None:
    assert len(made(nested(29), *chain(29))) == 29
    with pytest.raises(ExpansionError, match="maximum recursion depth of 30 reached"):
        made(nested(30), *chain(30))


def test_templates_that_form_a_cycle_expand_nothing_and_the_others_go_on() -> None:
    circle = [
        template(
            name,
            applyTo=[{"groups": [""], "versions": ["v1"], "kinds": [kind]}],
            generatedGVK={"version": "v1", "kind": other},
        )
        for name, kind, other in (("a", "A", "B"), ("b", "B", "C"), ("c", "C", "A"))
    ]
    expander = Expander([ExpansionTemplate.parse(one) for one in (*circle, template("d"))])
    assert expander.conflicts == {"a", "b", "c"}
    assert expander.expand(workload("A", "v1")) == []
    assert [one.label for one in expander.expand(workload())] == ["Pod web-pod"]


def without(field: str) -> dict[str, Any]:
    """A template that lacks a field of its spec."""
    found = template()
    del found["spec"][field]
    return found


@pytest.mark.parametrize(
    ("value", "said", "path"),
    [
        ([], "this is no ExpansionTemplate", "apiVersion"),
        (template() | {"kind": "Pod"}, "this is no ExpansionTemplate", "apiVersion"),
        (template(""), "ExpansionTemplate has empty name field", "metadata.name"),
        (template("a" * 64), "must be less than 64 characters", "metadata.name"),
        (without("templateSource"), "t has empty source field", "spec.templateSource"),
        (without("generatedGVK"), "t has empty generatedGVK field", "spec.generatedGVK"),
        (without("applyTo"), "t must specify ApplyTo", "spec.applyTo"),
        (template(applyTo=[5]), "spec.applyTo[0] must be an object", "spec.applyTo[0]"),
        (
            template(applyTo=[{"groups": "apps"}]),
            "must be a list of strings",
            "spec.applyTo[0].groups",
        ),
        (
            template(applyTo=[{"groups": [""], "versions": ["v1"], "kinds": ["Pod"]}]),
            "generates GVK v1, Kind=Pod, but also applies to that same GVK",
            "spec.applyTo",
        ),
        (
            template(enforcementAction="scoped"),
            'unrecognized enforcementAction: "scoped"',
            "spec.enforcementAction",
        ),
    ],
)
def test_a_template_that_cannot_work_is_refused(value: Any, said: str, path: str) -> None:
    with pytest.raises(ExpansionTemplateError) as error:
        ExpansionTemplate.parse(value)
    assert said in error.value.message
    assert error.value.path == path


def test_the_templates_for_workloads_are_kept_as_they_are_written() -> None:
    assert [one.to_object() for one in WORKLOADS] == workload_objects()
