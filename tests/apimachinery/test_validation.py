"""An object's faults are told at their paths, in the API server's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_app.apimachinery import errors, validation
from tests.apimachinery.kinds_at_hand import SCHEMAS, complete, faults, kind_of, read

POD = """
    apiVersion: v1
    kind: Pod
    metadata: {name: web, labels: {app: web}}
    spec:
      volumes: [{name: v, emptyDir: {}}]
      containers:
      - name: a
        image: nginx
        ports: [{name: http, containerPort: 80}]
        env: [{name: A, value: b}]
        volumeMounts: [{name: v, mountPath: /a}]
        resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}
        livenessProbe: {httpGet: {port: http}}
"""
DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: a, image: nginx}]}
"""
SERVICE = """
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {clusterIP: 10.0.0.5, ports: [{port: 80}]}
"""
INGRESS = """
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      rules:
      - host: a.example.com
        http:
          paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]
"""
JOB = """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: j, uid: u}
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}
"""
CRON_JOB = """
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: j}
    spec:
      schedule: "*/5 0-6,20 1 jan-mar mon"
      timeZone: Europe/Berlin
      jobTemplate:
        spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}
"""
BUDGET = """
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: b}
    spec: {minAvailable: 50%, selector: {matchLabels: {a: b}}}
"""
SCALER = """
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: h}
    spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}}
"""
BINDING = """
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: "a:b"}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
    subjects: [{kind: ServiceAccount, name: s}]
"""
ROLE = """
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: r}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
"""
CONFIG_MAP = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: c}
    data: {a.b: c}
    immutable: true
"""
SECRET = "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: Yg==}}"
CLAIM = """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: c}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
STORAGE_CLASS = """
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: c}
    provisioner: disk.csi.azure.com
"""
NETWORK_POLICY = """
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: n}
    spec:
      podSelector: {}
      ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]
"""
STATEFUL_SET = """
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: s}
    spec:
      serviceName: s
      selector: {matchLabels: {a: b}}
      template:
        metadata: {labels: {a: b}}
        spec: {containers: [{name: a, image: b, volumeMounts: [{name: data, mountPath: /d}]}]}
      volumeClaimTemplates:
      - metadata: {name: data}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
CASES = yaml.safe_load((Path(__file__).parent / "faults.yaml").read_text())
VALID = {
    name: text
    for name, text in list(globals().items())
    if name.isupper() and isinstance(text, str) and "kind:" in text
}


def changed(case: dict[str, Any]) -> Any:
    """A valid object with another value at a path of names and numbers, or without the place."""
    thing = read(VALID[case["of"]])
    *above, last = [int(one) if one.isdigit() else one for one in case["at"].split("/")]
    place: Any = thing
    for step in above:
        place = place[step]
    if case.get("gone"):
        del place[last]
    else:
        place[last] = _lengthened(case["value"])
    return thing


def _lengthened(value: Any) -> Any:
    """``LONG 9`` stands for nine letters, which a file of cases need not hold."""
    if isinstance(value, dict):
        return {key: _lengthened(one) for key, one in value.items()}
    if isinstance(value, str) and value.startswith("LONG "):
        return "x" * int(value.removeprefix("LONG "))
    return value


@pytest.mark.parametrize("text", VALID.values(), ids=VALID.keys())
def test_a_valid_object_has_no_fault_and_may_be_written_again(text: str) -> None:
    thing = read(text)
    assert faults(thing) == []
    assert faults(thing, old=thing) == []


def case_id(case: dict[str, Any]) -> str:
    return f"{case['of']} {case['at']}"


@pytest.mark.parametrize("case", CASES["new"], ids=case_id)
def test_a_fault_is_told_where_it_is(case: dict[str, Any]) -> None:
    found = faults(changed(case))
    if "told" in case:
        assert case["told"] in found
    else:
        # Several at once, each of which other tests read word by word.
        assert len(found) >= 1


@pytest.mark.parametrize("case", CASES["updates"], ids=case_id)
def test_some_fields_stay_as_they_are(case: dict[str, Any]) -> None:
    found = faults(changed(case), old=read(VALID[case["of"]]))
    assert case["told"] in found if "told" in case else found == []


@pytest.mark.parametrize(
    ("api_version", "kind", "name", "valid"),
    [
        ("v1", "ConfigMap", "a.b-c", True),
        ("v1", "ConfigMap", "A", False),
        ("v1", "ConfigMap", "a" * 254, False),
        ("v1", "Namespace", "a.b", False),
        ("v1", "Service", "1a", False),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "system:Node/a", False),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "system:Node", True),
    ],
)
def test_each_kind_has_its_names(api_version: str, kind: str, name: str, valid: bool) -> None:
    thing = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}
    told = [one for one in faults(thing) if one.startswith("metadata.name: Invalid value: ")]
    assert (not told) == valid


def test_an_object_without_its_spec_is_told_what_it_needs() -> None:
    bare = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}}
    assert faults(bare) == [
        "spec.selector: Required value",
        "spec.template.spec.containers: Required value",
    ]


def test_what_no_rule_knows_of_the_schema_demands() -> None:
    hook = read(
        "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration,"
        " metadata: {name: a}, webhooks: [{name: x.y.z, sideEffects: Some}]}"
    )
    assert faults(hook) == [
        "webhooks[0].clientConfig: Required value",
        "webhooks[0].admissionReviewVersions: Required value",
        'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None",'
        ' "NoneOnDryRun"',
    ]


def test_faults_become_the_status_that_kubectl_shows() -> None:
    kind = kind_of("apps/v1", "Deployment")
    thing = complete(changed({"of": "DEPLOYMENT", "at": "spec/replicas", "value": -1}))
    error = errors.invalid(kind, "web", validation.faults(kind, thing, None, SCHEMAS))
    assert error.message == (
        'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1:'
        " must be greater than or equal to 0"
    )
    assert error.details["causes"] == [
        {
            "reason": "FieldValueInvalid",
            "message": "Invalid value: -1: must be greater than or equal to 0",
            "field": "spec.replicas",
        }
    ]
