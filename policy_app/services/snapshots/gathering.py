"""From what a source holds to what is staged: each object finds its kind, or is noted as left out.

Objects of kinds that are not Kubernetes' own wait until the whole source is read, because a
definition may stand behind its objects; where there is none, one is made up from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.kinds import Kind, Kinds
from policy_app.apimachinery.objects import name_of, namespace_of
from policy_app.services.cluster import bootstrap
from policy_app.services.snapshots import kinds, notes
from policy_app.services.snapshots.normal import LeftOut, Rules, is_policy, staged
from policy_app.services.snapshots.notes import Notes
from policy_app.services.snapshots.staging import Pending, Stage

CHANGING = frozenset({"events", "events.events.k8s.io", "leases.coordination.k8s.io"})
"""What is written every few seconds, so that each snapshot would differ from the one before."""
_SECRETS = "secrets"


class Gatherer:
    """Puts objects into the stage, and what is left out into the notes."""

    def __init__(self, stage: Stage, left: Notes, builtin: Kinds, rules: Rules) -> None:
        self.left = left
        self.builtin = builtin
        self._stage = stage
        self._rules = rules
        self._groups = frozenset(builtin.groups())
        self._custom: Kinds | None = None

    def take(self, thing: Any, place: str) -> None:
        """An object of a file; ``place`` is its file and line."""
        api_version, name = str(thing.get("apiVersion")), str(thing.get("kind"))
        group = api_version.rpartition("/")[0]
        kind = self.builtin.of(api_version, name)
        if is_policy(group):
            self.left.add(notes.POLICY, f"{name}.{group}", place)
        elif kind is not None:
            self.put(kind, self._stored(kind), thing, place)
        elif (name, group) == ("Event", "events.k8s.io"):
            self.left.add(notes.CHANGING, "events.events.k8s.io")
        elif kinds.may_be_custom(api_version, name, self._groups):
            self._stage.put_off(api_version, name, namespace_of(thing), Pending(place, thing))
        else:
            self.left.add(notes.NOT_KEPT, f"{name} of {api_version}", place)

    def put(
        self, kind: Kind, stored: Kind, thing: Any, place: str, *, trusted: bool = False
    ) -> None:
        """An object of a known kind; ``trusted`` is what an API server has answered just now."""
        if kind.qualified in CHANGING:
            self.left.add(notes.CHANGING, kind.qualified)
            return
        where = place or _place_of(thing)
        if is_policy(kind.group, kind.plural, name_of(thing)):
            self.left.add(notes.POLICY, kind.qualified, place)
            return
        try:
            made = staged(kind, stored, thing, self._rules, trusted=trusted)
        except LeftOut as reason:
            example = f"{where}: {reason.why}" if reason.why else where
            self.left.add(reason.reason, kind.qualified, example)
            return
        if made.resource == kinds.CRDS:
            self._custom = None
            if not kinds.of_definition(made.body):
                self.left.add(notes.INVALID, kind.qualified, f"{where}: it defines no kind")
                return
        if not self._stage.add(made, instead=trusted):
            self.left.add(notes.DUPLICATE, kind.qualified, where)

    def forget(self, kind: Kind) -> None:
        """Drop what was read of a kind, which is read anew."""
        self._stage.forget((kind.group, kind.plural))

    def custom(self) -> Kinds:
        """The kinds of the definitions that were staged so far."""
        if self._custom is None:
            found = self._stage.bodies(kinds.CRDS)
            made = (kind for definition in found for kind in kinds.of_definition(definition))
            self._custom = Kinds(tuple(made))
        return self._custom

    def make_up(
        self, group: str, versions: list[str], name: str, *, plural: str = "", namespaced: bool
    ) -> None:
        """Define a kind that only its name, or only its objects tell of."""
        definition = kinds.made_up(group, versions, name, plural=plural, namespaced=namespaced)
        kind = self.builtin.of(kinds.CRD_API, kinds.CRD_KIND)
        if kind is not None:
            self.put(kind, kind, definition, "", trusted=True)
            self.left.add(notes.KINDS, f"{definition['metadata']['name']}")

    def finish(self) -> None:
        """Give what was put off its kinds, and what has no Namespace one."""
        self._resolve()
        kind = self.builtin.of("v1", "Namespace")
        for name in self._stage.homeless():
            if kind is not None:
                self.put(kind, kind, bootstrap.namespace(name, {}), "", trusted=True)
                self.left.add(notes.NAMESPACES, "", name)
        secrets = self._stage.counts().get(("", _SECRETS), 0)
        if secrets:
            self.left.add(notes.SECRETS, _SECRETS, count=secrets)

    def _resolve(self) -> None:
        waiting = self._stage.kinds_put_off()
        self._define({(one[0], one[1]): one[2] for one in waiting}, self.custom())
        served = self.custom()
        for api_version, name, _ in waiting:
            kind = served.of(api_version, name)
            for pending in self._stage.put_off_of(api_version, name):
                if kind is None:
                    self.left.add(notes.NOT_KEPT, f"{name} of {api_version}", pending.place)
                    continue
                stored = served.stored_as(kind.group, kind.plural) or kind
                self.put(kind, stored, pending.body, pending.place)

    def _define(self, waiting: Mapping[tuple[str, str], bool], served: Kinds) -> None:
        """Make definitions up for the kinds that have none, all versions of a kind in one."""
        unknown: dict[tuple[str, str], tuple[list[str], bool]] = {}
        defined = {(one.group, one.kind) for one in served}
        for (api_version, name), namespaced in waiting.items():
            group, _, version = api_version.rpartition("/")
            if (group, name) not in defined:
                versions, before = unknown.get((group, name), ([], False))
                unknown[group, name] = ([*versions, version], before or namespaced)
        taken = {(one.group, one.plural) for one in served}
        for (group, name), (versions, namespaced) in unknown.items():
            resource = (group, kinds.plural_of(name))
            if resource not in taken:
                taken.add(resource)
                self.make_up(group, versions, name, namespaced=namespaced)

    def _stored(self, kind: Kind) -> Kind:
        return self.builtin.stored_as(kind.group, kind.plural) or kind


def _place_of(thing: Any) -> str:
    return "/".join(filter(None, (namespace_of(thing), name_of(thing))))
