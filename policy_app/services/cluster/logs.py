"""A line or two of log for a Pod that nobody runs."""

from __future__ import annotations

from policy_app.apimachinery import errors
from policy_app.apimachinery.objects import Object, moment
from policy_app.models import Cluster
from policy_app.services.cluster import reads
from policy_app.services.cluster.caller import Target


def of(cluster: Cluster, target: Target, container: str) -> str:
    """What a container of a Pod has printed.

    Raises ``ApiError`` 404, or 400 for a container that the Pod does not have.
    """
    pod = reads.get(cluster, target.kind, target.namespace, target.name)
    spec = pod.get("spec") or {}
    known = [str(one.get("name")) for one in spec.get("containers") or []]
    if not container and len(known) > 1:
        choices = " ".join(known)
        raise errors.bad_request(
            f"a container name must be specified for pod {target.name}, choose one of: [{choices}]"
        )
    name = container or (known[0] if known else "")
    if name not in known:
        raise errors.bad_request(f"container {name} is not valid for pod {target.name}")
    statuses: list[Object] = pod.get("status", {}).get("containerStatuses") or []
    status = next((one for one in statuses if one["name"] == name), Object())
    running = (status.get("state") or {}).get("running") or {}
    begun = moment(running.get("startedAt"))
    if begun is None:
        raise errors.bad_request(
            f'container "{name}" in pod "{target.name}" is waiting to start: ContainerCreating'
        )
    image = status.get("image", "")
    return (
        f"{begun:%Y-%m-%dT%H:%M:%SZ} {name} started from {image}\n"
        f"{begun:%Y-%m-%dT%H:%M:%SZ} this cluster is simulated: no process runs in the container\n"
    )
