"""What an API server fills in, it fills in once."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_app.apimachinery import crds, decoding, defaults
from policy_app.apimachinery.objects import Object
from tests.apimachinery.kinds_at_hand import (
    CRON_TAB,
    KINDS,
    SCHEMAS,
    complete,
    cron_tab,
    kind_of,
    read,
)

MANIFESTS = Path(__file__).parents[1] / "kubectl" / "manifests"


def pod(container: str = "{name: a, image: nginx}", spec: str = "") -> Object:
    head = "apiVersion: v1, kind: Pod, metadata: {name: a}"
    return complete(read(f"{{{head}, spec: {{containers: [{container}]{spec}}}}}"))


def test_a_pod_has_everything_that_a_server_gives_it() -> None:
    spec = pod()["spec"]
    evicted = [one["key"] for one in spec.pop("tolerations")]
    assert evicted == ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
    assert spec == {
        "containers": [
            {
                "name": "a",
                "image": "nginx",
                "imagePullPolicy": "Always",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": 30,
    }


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.25", "IfNotPresent"),
        ("registry:5000/nginx", "Always"),
        ("registry:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:" + "a" * 64, "IfNotPresent"),
    ],
)
def test_an_image_is_pulled_always_where_its_tag_moves(image: str, policy: str) -> None:
    container = pod(f'{{name: a, image: "{image}"}}')["spec"]["containers"][0]
    assert container["imagePullPolicy"] == policy


def test_probes_ports_variables_and_volumes_are_completed() -> None:
    container = (
        "{name: a, image: b, ports: [{containerPort: 80}], livenessProbe: {httpGet: {port: 80}},"
        " env: [{name: N, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]}"
    )
    volumes = (
        ", volumes: [{name: a}, {name: b, secret: {secretName: s}}, {name: c, hostPath: {path: /}}]"
    )
    spec = pod(container, volumes)["spec"]
    made = spec["containers"][0]
    assert made["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert made["livenessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert made["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"
    assert spec["volumes"] == [
        {"name": "a", "emptyDir": {}},
        {"name": "b", "secret": {"secretName": "s", "defaultMode": 420}},
        {"name": "c", "hostPath": {"path": "/", "type": ""}},
    ]


def test_limits_are_requests_where_none_are_made_and_host_ports_are_the_container_s() -> None:
    container = (
        "{name: a, image: b, ports: [{containerPort: 80}],"
        " resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 100m}}}"
    )
    made = pod(container, ", hostNetwork: true")["spec"]["containers"][0]
    assert made["resources"]["requests"] == {"cpu": "100m", "memory": "1Gi"}
    assert made["ports"][0]["hostPort"] == 80


def test_a_pod_that_tolerates_a_failing_node_keeps_its_own_word() -> None:
    kept = pod(spec=", tolerations: [{operator: Exists}]")["spec"]["tolerations"]
    assert kept == [{"operator": "Exists"}]


def test_a_template_has_no_admission_plug_ins_behind_it() -> None:
    spec = complete(
        read(
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec:"
            " {serviceAccountName: sa, containers: [{name: a, image: b}]}}}}"
        )
    )["spec"]
    template = spec.pop("template")["spec"]
    assert spec == {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
        },
    }
    assert "tolerations" not in template
    assert "enableServiceLinks" not in template
    assert template["serviceAccount"] == "sa"


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        (
            "apps/v1 DaemonSet {}",
            "updateStrategy",
            {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
        ),
        ("apps/v1 StatefulSet {}", "podManagementPolicy", "OrderedReady"),
        ("apps/v1 Deployment {strategy: {type: Recreate}}", "strategy", {"type": "Recreate"}),
        ("batch/v1 Job {}", "completions", 1),
        ("batch/v1 Job {parallelism: 2}", "completions", None),
        ("batch/v1 CronJob {}", "concurrencyPolicy", "Allow"),
        (
            "v1 Service {ports: [{port: 80}]}",
            "ports",
            [{"port": 80, "protocol": "TCP", "targetPort": 80}],
        ),
        ("v1 Service {type: NodePort}", "externalTrafficPolicy", "Cluster"),
        ("v1 Service {clusterIP: None}", "clusterIPs", ["None"]),
        ("v1 Service {type: ExternalName}", "internalTrafficPolicy", None),
        ("v1 PersistentVolumeClaim {}", "volumeMode", "Filesystem"),
        ("autoscaling/v2 HorizontalPodAutoscaler {}", "minReplicas", 1),
        ("networking.k8s.io/v1 NetworkPolicy {}", "policyTypes", ["Ingress"]),
        ("networking.k8s.io/v1 NetworkPolicy {egress: [{}]}", "policyTypes", ["Ingress", "Egress"]),
    ],
)
def test_each_kind_has_its_own_defaults(text: str, path: str, value: Any) -> None:
    version, kind, spec = text.split(" ", 2)
    thing = {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": read(spec)}
    assert complete(thing)["spec"].get(path) == value


def test_a_job_finds_its_pods_by_its_uid() -> None:
    job = complete(
        read(
            "{apiVersion: batch/v1, kind: Job, metadata: {name: j, uid: u}, spec: {template:"
            " {metadata: {labels: {a: b}}, spec: {}}}}"
        )
    )["spec"]
    assert job["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}}
    assert job["template"]["metadata"]["labels"] == {
        "a": "b",
        "batch.kubernetes.io/controller-uid": "u",
        "batch.kubernetes.io/job-name": "j",
        "controller-uid": "u",
        "job-name": "j",
    }


def test_texts_of_a_secret_become_data() -> None:
    secret = complete(
        read(
            "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {k: v},"
            " data: {o: bw==}}"
        )
    )
    assert secret["type"] == "Opaque"
    assert "stringData" not in secret
    assert secret["data"] == {"o": "bw==", "k": base64.b64encode(b"v").decode()}


def test_a_namespace_bears_its_name_and_a_user_its_group() -> None:
    namespace = complete(read("{apiVersion: v1, kind: Namespace, metadata: {name: a}}"))
    assert namespace["metadata"]["labels"] == {"kubernetes.io/metadata.name": "a"}
    binding = complete(
        read(
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a},"
            " roleRef: {kind: Role, name: r}, subjects: [{kind: User, name: u},"
            " {kind: ServiceAccount, name: s}]}"
        )
    )
    group = "rbac.authorization.k8s.io"
    assert binding["roleRef"]["apiGroup"] == group
    assert [one.get("apiGroup") for one in binding["subjects"]] == [group, None]


def test_a_custom_resource_gets_the_defaults_of_its_schema() -> None:
    thing = complete(cron_tab(rules=[{"name": "a"}], limits={"x": {}}, schedule=None), CRON_TAB)
    assert thing["spec"] == {
        "image": "img",
        "schedule": "5",
        "replicas": 1,
        "rules": [{"name": "a", "weight": 5}],
        "limits": {"x": {"cpu": "1m"}},
    }


def test_what_is_given_stays_as_it_is() -> None:
    given = {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {"containers": [{}]}}
    before = yaml.safe_dump(given)
    defaults.with_defaults(kind_of("v1", "Pod"), given, SCHEMAS)
    assert yaml.safe_dump(given) == before


@pytest.mark.parametrize("file", sorted(MANIFESTS.glob("*.yaml")), ids=lambda one: one.stem)
def test_defaults_of_defaults_are_the_same_and_read_as_they_are(file: Path) -> None:
    things = [one for one in yaml.safe_load_all(file.read_text()) if one]
    custom = [
        kind
        for one in things
        if one["kind"] == "CustomResourceDefinition"
        for kind in crds.kinds_of(one)
    ]
    looked_at = 0
    for thing in things:
        kind = KINDS.with_more(custom).of(thing["apiVersion"], thing["kind"])
        if kind is None:
            continue
        made = complete(thing, kind)
        assert defaults.with_defaults(kind, made, SCHEMAS) == made
        assert decoding.decode(kind, made, SCHEMAS) == decoding.Decoded(made)
        looked_at += 1
    assert looked_at or all("." in one["apiVersion"] for one in things)
