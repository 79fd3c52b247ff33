"""A CustomResourceDefinition is accepted at once: its status says that its kind is served."""

from __future__ import annotations

from policy_app.apimachinery import crds
from policy_app.models import KubeChange
from policy_app.services.cluster import noting
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.store import Writer


def accept(writer: Writer, change: KubeChange) -> None:
    """Write the names, the conditions and the stored versions of a definition that is there."""
    row = making.current(writer, change)
    if row is not None:
        status = crds.with_status(row.body, writer.now)["status"]
        making.set_status(writer, row, status, noting.API_SERVER)
