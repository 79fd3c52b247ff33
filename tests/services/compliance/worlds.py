"""A small cluster with policies of every sort that scans treat differently."""

from __future__ import annotations

import base64
from typing import Any

import yaml

from policy_app.apimachinery.objects import Object
from policy_app.models import Assignment, Cluster, Definition, KubeObject, Scope
from policy_app.services import assignments
from policy_app.services.cluster import bootstrap, kinds
from policy_app.services.cluster.store import writing
from tests.factories import add_version, make_policy
from tests.services.cluster.inside import pod, template
from tests.services.test_drafts import draft

SERVICES = "/providers/Microsoft.Authorization/policyDefinitions/"


def by_namespace() -> Object:
    """A CEL template: what a namespace is labelled decides about what is in it."""
    thing = template("ByNamespace")
    expression = "!has(namespaceObject.metadata.labels.strict)"
    source = {"validations": [{"expression": expression, "message": "the namespace is strict"}]}
    code = [{"engine": "K8sNativeValidation", "source": source}]
    thing["spec"]["targets"] = [{"target": "admission.k8s.gatekeeper.sh", "code": code}]
    return thing


def definition(name: str, written: Object, kind: str = "Pod", **details: Any) -> Definition:
    """A custom policy that brings a template, with the effect as its parameter."""
    content = base64.b64encode(yaml.safe_dump(written).encode()).decode()
    brings = {
        "templateInfo": {"sourceType": "Base64Encoded", "content": content},
        "apiGroups": [""],
        "kinds": [kind],
        "source": "Original",
        **details,
    }
    row = make_policy(name, mode="Microsoft.Kubernetes.Data")
    add_version(
        row,
        "1.0.0",
        mode="Microsoft.Kubernetes.Data",
        parameters={
            "effect": {"type": "String", "defaultValue": "audit"},
            "label": {"type": "String", "defaultValue": "owner"},
        },
        policyRule={"if": {}, "then": {"effect": "[parameters('effect')]", "details": brings}},
    )
    return row


def needs_label() -> Definition:
    """Pods must have a label that the assignment names."""
    return definition("needs-label", template(), values={"label": "[parameters('label')]"})


def assign(scope: Scope, row: Definition, name: str, **parameters: Any) -> Assignment:
    """Put a policy to work."""
    return assignments.put(draft(scope, row, name=name, parameters=parameters), None)[0]


def put(cluster: Cluster, thing: Object) -> None:
    """Store an object as it is, whatever policies say; what was there of that name is changed."""
    kind = kinds.kinds_of(cluster).of(thing["apiVersion"], thing["kind"])
    assert kind is not None
    metadata = thing["metadata"]
    with writing(cluster) as writer:
        row = writer.find(kind, metadata.get("namespace", ""), metadata["name"])
        if row is None:
            writer.add(kind, thing)
        else:
            kept = {key: row.body["metadata"][key] for key in ("uid", "creationTimestamp")}
            writer.change(row, {**thing, "metadata": {**metadata, **kept}})
        writer.state.settled = writer.state.revision


def remove(cluster: Cluster, plural: str, namespace: str, name: str) -> None:
    """Take an object away, if it is there."""
    rows = KubeObject.objects.filter(cluster=cluster, plural=plural, namespace=namespace, name=name)
    with writing(cluster) as writer:
        writer.remove_all(list(rows))
        writer.state.settled = writer.state.revision


def labelled(name: str, namespace: str = "default", **labels: str) -> Object:
    """A Pod with labels."""
    thing = pod(name, namespace)
    thing["metadata"]["labels"] = labels
    return thing


def home(name: str, **labels: str) -> Object:
    """A Namespace."""
    return bootstrap.namespace(name, labels)


def service(name: str, app: str, namespace: str = "default") -> Object:
    """A Service that selects the Pods of an app."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": app}, "ports": [{"port": 80}]},
    }
