"""The ServiceAccount plug-in: a Pod runs as an account that is there, whose token it finds mounted.

Source: ``plugin/pkg/admission/serviceaccount`` of Kubernetes, for the volume and where it goes.
"""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.amounts import containers
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, generated_name, metadata_of, name_of
from policy_app.apimachinery.objects import namespace_of as home_of
from policy_app.models import KubeObject
from policy_app.services.cluster.store import Writer

_MIRROR = "kubernetes.io/config.mirror"
_PREFIX = "kube-api-access-"
_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_SECONDS = 3607
_MODE = 0o644


def mounted(writer: Writer, kind: Kind, pod: Object) -> Object:
    """A new Pod with its account's token and pull secrets.

    Raises ``ApiError`` 403 for an account that is not there.
    """
    if _MIRROR in (metadata_of(pod).get("annotations") or {}):
        return pod
    spec = dict(pod.get("spec") or {})
    account = _account(writer, kind, pod, str(spec.get("serviceAccountName") or "default"))
    if _wants_token(spec, account):
        _mount(spec)
    if account.get("imagePullSecrets") and not spec.get("imagePullSecrets"):
        spec["imagePullSecrets"] = [dict(one) for one in account["imagePullSecrets"]]
    return {**pod, "spec": spec}


def _account(writer: Writer, kind: Kind, pod: Object, name: str) -> Object:
    home = home_of(pod)
    found = KubeObject.objects.filter(
        cluster=writer.cluster, group="", plural="serviceaccounts", namespace=home, name=name
    ).first()
    if found is None:
        why = f'error looking up service account {home}/{name}: serviceaccount "{name}" not found'
        raise errors.forbidden(kind, name_of(pod), why)
    body: Object = found.body
    return body


def _wants_token(spec: Object, account: Object) -> bool:
    """The Pod's own word counts, then the account's; without one, yes."""
    for one in (spec, account):
        said = one.get("automountServiceAccountToken")
        if said is not None:
            return bool(said)
    return True


def _mount(spec: Object) -> None:
    volumes = [one for one in spec.get("volumes") or [] if isinstance(one, dict)]
    names = (str(one.get("name") or "") for one in volumes)
    kept = next((name for name in names if name.startswith(_PREFIX)), "")
    name, needed = kept or generated_name(_PREFIX), False
    for field in ("initContainers", "containers"):
        if not spec.get(field):
            continue
        made = [_with_mount(one, name) for one in containers(spec, field)]
        needed = needed or made != spec[field]
        spec[field] = made
    if needed and not kept:
        spec["volumes"] = [*volumes, _volume(name)]


def _with_mount(container: Object, name: str) -> Object:
    mounts = container.get("volumeMounts") or []
    if any(one.get("mountPath") == _PATH for one in mounts):
        return container
    mount = {"name": name, "readOnly": True, "mountPath": _PATH}
    return {**container, "volumeMounts": [*mounts, mount]}


def _volume(name: str) -> dict[str, Any]:
    """The token, the authority's certificate, and the namespace, in one folder."""
    certificate = {"key": "ca.crt", "path": "ca.crt"}
    field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    sources: list[dict[str, Any]] = [
        {"serviceAccountToken": {"expirationSeconds": _SECONDS, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [certificate]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": _MODE}}
