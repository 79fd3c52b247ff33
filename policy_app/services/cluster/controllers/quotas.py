"""ResourceQuotas: what is used of each is counted anew when something went or was changed."""

from __future__ import annotations

from policy_app.apimachinery.objects import is_going
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.plugins import quotas, usage
from policy_app.services.cluster.store import Writer

_QUOTAS = ("", "resourcequotas")


def concerns(change: KubeChange) -> bool:
    """Whether it is a quota that bounds something else now; its own status is none of that."""
    if (change.group, change.plural) != _QUOTAS:
        return False
    return (change.before or {}).get("spec") != change.object.get("spec")


def look(writer: Writer, change: KubeChange) -> None:
    """Something in a namespace came, went or was changed.

    What came was counted when it was let in, but for what a quota saw for the first time.
    """
    counted = (change.group, change.plural) in usage.BY_CONTENT
    gone = change.type == KubeChange.Type.DELETED
    if change.namespace and (gone or counted or concerns(change)):
        writer.soon(count, change.namespace)


def count(writer: Writer, namespaces: list[str]) -> None:
    """Write into the quotas of namespaces what is used."""
    found = KubeObject.objects.filter(
        cluster=writer.cluster, group="", plural=_QUOTAS[1], namespace__in=namespaces
    )
    for row in found:
        if not is_going(row.body):
            hard = dict((row.body.get("spec") or {}).get("hard") or {})
            used = usage.as_object(quotas.used_of(writer, row.body))
            making.set_status(writer, row, {"hard": hard, "used": used})
