"""What the add-on wants in its cluster: the objects that the assignments come to.

Names, labels and annotations are those that clusters with the add-on show.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from policy_app.apimachinery.objects import Object, metadata_of, name_of
from policy_app.evaluation.gatekeeper import config
from policy_app.evaluation.gatekeeper.errors import TemplateError
from policy_app.evaluation.gatekeeper.exemptions import OWN_NAMESPACE
from policy_app.evaluation.gatekeeper.scopes import Gvk
from policy_app.evaluation.language.constraints import ADDON
from policy_app.evaluation.language.reasons import TEMPLATE_CONFLICTS, NotInstalled
from policy_app.evaluation.results import Origin
from policy_app.models import Cluster
from policy_app.services import enforcement
from policy_app.services.enforcement import InForce

MANAGED_BY = ("managed-by", ADDON)
_SIGNATURES = ("constraint-template-installed-by", "constraint-installed-by")


@dataclass(slots=True)
class Wanted:
    """The objects, and for each assignment what it brings and what it could not bring."""

    templates: dict[str, Object] = field(default_factory=dict)
    """By the kind of their constraints."""
    rest: list[tuple[Object, Origin]] = field(default_factory=list)
    """Constraints and mutators, with the assignment that each one comes from."""
    not_installed: list[NotInstalled] = field(default_factory=list)
    config: Object | None = None

    def without_template(self, kind: str, why: str) -> None:
        """Leave a template out, with the constraints that need it."""
        self.templates.pop(kind, None)
        lost = [origin for thing, origin in self.rest if thing["kind"] == kind]
        self.rest = [one for one in self.rest if one[0]["kind"] != kind]
        self.not_installed += [NotInstalled(why, TEMPLATE_CONFLICTS, one) for one in lost]

    def without(self, thing: Object, why: str) -> None:
        """Leave one constraint or mutator out."""
        lost = [origin for each, origin in self.rest if each is thing]
        self.rest = [one for one in self.rest if one[0] is not thing]
        self.not_installed += [NotInstalled(why, TEMPLATE_CONFLICTS, one) for one in lost]

    def names_of(self, assignment_id: str) -> list[str]:
        """The names of the constraints and mutators of an assignment."""
        return sorted(name_of(thing) for thing in self._of(assignment_id))

    def failures_of(self, assignment_id: str) -> list[NotInstalled]:
        """What an assignment does not have in the cluster, what went wrong first."""
        mine = [
            one
            for one in self.not_installed
            if one.origin.assignment_id.lower() == assignment_id.lower()
        ]
        return sorted(mine, key=lambda one: not one.failed)

    def digest_of(self, assignment_id: str) -> str:
        """What differs as soon as an assignment brings something else."""
        told = [*self._of(assignment_id)]
        missing = [(one.code, one.reason) for one in self.failures_of(assignment_id)]
        text = json.dumps([told, sorted(missing)], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _of(self, assignment_id: str) -> Iterator[Object]:
        for thing, origin in self.rest:
            if origin.assignment_id.lower() == assignment_id.lower():
                yield thing


def wanted_on(cluster: Cluster) -> Wanted:
    """What the assignments at and above a cluster come to."""
    found = enforcement.in_force(cluster)
    wanted = Wanted(not_installed=list(found.not_installed))
    definitions: dict[str, list[str]] = {}
    for one in found.constraints:
        ids = definitions.setdefault(one.kind, [])
        if one.origin.definition_id not in ids:
            ids.append(one.origin.definition_id)
        wanted.rest.append((one.to_object(), one.origin))
    for kind, template in found.templates.items():
        url = found.template_urls.get(kind, "")
        wanted.templates[kind] = _template(template.written, definitions.get(kind, []), url)
    wanted.rest += [(one.to_object(), one.origin) for one in found.mutators.all]
    wanted.config = _config(found)
    return wanted


def is_managed(thing: Mapping[str, object]) -> bool:
    """Whether the add-on made an object; a hand that took one mark off is not believed."""
    metadata = metadata_of(thing)
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return labels.get(MANAGED_BY[0]) == ADDON or any(
        annotations.get(one) == ADDON for one in _SIGNATURES
    )


def _template(written: Mapping[str, object], definition_ids: Iterable[str], url: str) -> Object:
    metadata = dict(metadata_of(written))
    annotations = dict(metadata.get("annotations") or {})
    for number, definition_id in enumerate(definition_ids, 1):
        annotations[f"azure-policy-definition-id-{number}"] = definition_id
    if url:
        annotations["constraint-template"] = url
    annotations["constraint-template-installed-by"] = ADDON
    labels = {**(metadata.get("labels") or {}), MANAGED_BY[0]: ADDON}
    kept = {"name": metadata["name"], "labels": labels, "annotations": annotations}
    thing = {key: value for key, value in written.items() if key != "status"}
    return copy.deepcopy({**thing, "metadata": kept})


def _config(found: InForce) -> Object:
    """Gatekeeper's settings: it keeps the kinds that the templates in force look at."""
    kinds: set[Gvk] = set()
    for template in found.templates.values():
        try:
            for one in config.required_data(template.written):
                kinds |= one
        except TemplateError:
            continue
    synced = [one._asdict() for one in sorted(kinds)]
    metadata = {
        "name": config.CONFIG_NAME,
        "namespace": OWN_NAMESPACE,
        "labels": dict([MANAGED_BY]),
    }
    head = {"apiVersion": f"{config.CONFIG_GROUP}/{config.VERSION}", "kind": "Config"}
    return {**head, "metadata": metadata, "spec": {"sync": {"syncOnly": synced}} if synced else {}}
