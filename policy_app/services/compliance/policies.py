"""The policies of a cluster as rows: in force, or why not; what is gone stays for its history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policy_app.evaluation.gatekeeper.constraints import GROUP as CONSTRAINTS
from policy_app.evaluation.gatekeeper.mutation.mutator import GROUP as MUTATIONS
from policy_app.evaluation.gatekeeper.templates import GROUP as TEMPLATES
from policy_app.evaluation.language.reasons import (
    CHANGES_OBJECTS,
    CONSTRAINT_INSTALL_FAILED,
    EXEMPT,
    JUDGES_RESOURCES,
    OTHER_CLUSTERS,
    TEMPLATE_CONFLICTS,
    NotInstalled,
)
from policy_app.evaluation.results import Origin
from policy_app.models import Cluster, ComplianceState, KubeObject, PolicyState
from policy_app.services.cluster.addon.wanted import Wanted, is_managed
from policy_app.services.compliance.deciding import Deciding, Judge, Key, key_of

_TAKEN = "The cluster has a {kind} {name} that somebody else put there, which stays."
_BROKEN = "The constraint {name} is in the cluster and decides nothing: its template does not work."
_NOT_YET = "The add-on has not put it into the cluster yet."
_NO_STATE = frozenset({JUDGES_RESOURCES, OTHER_CLUSTERS})
"""What a policy is not for has no state there, as in Azure what its rule does not select."""
_SETS = "/policysetdefinitions/"
_WRITTEN = (
    "assignment_arm_id",
    "definition_arm_id",
    "definition_version",
    "set_definition_arm_id",
    "set_definition_key",
    "display_name",
    "effect",
    "action",
    "constraint_kind",
    "constraint_name",
    "brings",
    "code",
    "reason",
    "active",
)
_LONGEST = {"display_name": 500, "effect": 60, "reference_id": 200, "definition_version": 40}


@dataclass(frozen=True, slots=True)
class Found:
    """One policy as it stands in a cluster."""

    origin: Origin
    judge: Judge | None = None
    state: str = ComplianceState.NOT_STARTED
    """Where nothing is judged: what the policy has come to."""
    code: str = ""
    reason: str = ""

    @property
    def key(self) -> Key:
        """Which policy it is."""
        about = self.origin
        return Key.of(about.assignment_id, about.definition_id, about.definition_reference_id)


def found_in(cluster: Cluster, deciding: Deciding, wanted: Wanted) -> dict[Key, Found]:
    """Every policy that is in the cluster, or should be; an obstacle counts before the rest."""
    origins = {
        Key.of(one.assignment_id, one.definition_id, one.definition_reference_id): one
        for _, one in wanted.rest
    }
    found = {one.key: one for one in _absent(cluster, deciding, wanted)}
    for mutator in deciding.mutators:
        key, origin = _known(mutator.written["metadata"].get("annotations") or {}, origins)
        found[key] = Found(origin, state=ComplianceState.COMPLIANT)
    for judge in deciding.judges.values():
        key, origin = _known(judge.constraint.annotations, origins)
        found[key] = Found(origin, judge)
    # What could not be put there goes before what is left of it from earlier.
    for missing in wanted.not_installed:
        one = _not_installed(missing)
        if one is not None and (one.key not in found or found[one.key].judge is None):
            found[one.key] = one
    return found


def bring_up_to_date(
    cluster: Cluster, found: Mapping[Key, Found], now: datetime
) -> list[PolicyState]:
    """Write what was found; the rows of policies that judge something are returned.

    To be called in a transaction.  A policy that is new, or in force again, has not started.
    """
    rows = {
        Key(row.assignment_key, row.definition_key, row.reference_id): row
        for row in PolicyState.objects.filter(cluster=cluster)
    }
    made, changed = [], []
    for key, one in found.items():
        row = rows.get(key)
        if row is None:
            row = rows[key] = _new(cluster, key, now)
            _write(row, one, now)
            made.append(row)
        elif _write(row, one, now):
            changed.append(row)
    for key, row in rows.items():
        if key not in found and row.active:
            row.active, row.brings, row.judged = False, "", ""
            changed.append(row)
    PolicyState.objects.bulk_create(made, batch_size=500)
    fields = [*_WRITTEN, "judged", "state", "since"]
    PolicyState.objects.bulk_update(changed, fields, batch_size=100)
    return [rows[key] for key, one in found.items() if one.judge is not None]


def _new(cluster: Cluster, key: Key, now: datetime) -> PolicyState:
    return PolicyState(
        cluster=cluster,
        assignment_key=key.assignment,
        definition_key=key.definition,
        reference_id=key.reference,
        since=now,
    )


def _write(row: PolicyState, found: Found, now: datetime) -> bool:
    """Make a row say what was found; whether it said anything else before."""
    told = _told(found)
    before = {name: getattr(row, name) for name in (*told, "state")}
    judges = found.judge is not None
    state = found.state
    if judges:
        judged_before = bool(row.constraint_name) and row.active
        state = row.state if judged_before else ComplianceState.NOT_STARTED
    else:
        row.judged = ""
    for name, value in told.items():
        setattr(row, name, value)
    if row.state != state:
        row.state, row.since = state, now
    return before != {**told, "state": state}


def _told(found: Found) -> dict[str, Any]:
    about, judge = found.origin, found.judge
    initiative = about.set_definition_id
    if not initiative and _SETS in about.definition_id.lower():
        # An assignment that fails as a whole names what it assigns.
        initiative = about.definition_id
    told = {
        "assignment_arm_id": about.assignment_id,
        "definition_arm_id": about.definition_id,
        "definition_version": about.definition_version,
        "set_definition_arm_id": initiative,
        "set_definition_key": initiative.lower(),
        "display_name": about.display_name,
        "effect": about.effect,
        "action": judge.constraint.enforcement_action if judge else "",
        "constraint_kind": judge.constraint.kind if judge else "",
        "constraint_name": judge.constraint.name if judge else "",
        "brings": judge.brings if judge else "",
        "code": found.code,
        "reason": found.reason.replace("\x00", ""),
        "active": True,
    }
    return {name: _short(name, value) for name, value in told.items()}


def _short(name: str, value: Any) -> Any:
    longest = _LONGEST.get(name)
    return value[:longest] if longest and isinstance(value, str) else value


def _known(annotations: Mapping[str, str], origins: Mapping[Key, Origin]) -> tuple[Key, Origin]:
    """The policy behind an object of the cluster, with what the portal knows of it now."""
    key = key_of(annotations)
    written = Origin(
        assignment_id=annotations.get("azure-policy-assignment-id") or "",
        definition_id=annotations.get("azure-policy-definition-id") or "",
        definition_reference_id=annotations.get("azure-policy-definition-reference-id") or "",
        set_definition_id=annotations.get("azure-policy-setdefinition-id") or "",
    )
    return key, origins.get(key, written)


def _not_installed(missing: NotInstalled) -> Found | None:
    """The state of a policy that has nothing in the cluster; None where it is not for it."""
    if missing.code in _NO_STATE:
        return None
    state = {
        EXEMPT: ComplianceState.EXEMPT,
        TEMPLATE_CONFLICTS: ComplianceState.CONFLICT,
        # It changes nothing, since its assignment is not enforced.
        CHANGES_OBJECTS: ComplianceState.COMPLIANT,
    }.get(missing.code, ComplianceState.ERROR)
    return Found(missing.origin, state=state, code=missing.code, reason=missing.reason)


def _absent(cluster: Cluster, deciding: Deciding, wanted: Wanted) -> Iterator[Found]:
    """What the add-on wants in the cluster, and does not decide there, with the reason."""
    there = {(one.kind, one.name) for one in deciding.mutators} | {*deciding.judges}
    missing = [
        (thing, origin)
        for thing, origin in wanted.rest
        if (thing["kind"], thing["metadata"]["name"]) not in there
    ]
    if not missing:
        return
    stored = _stored(cluster, (thing["metadata"]["name"] for thing, _ in missing))
    templates = {row.name: row for row in _rows(cluster, TEMPLATES)}
    for thing, origin in missing:
        kind, name = thing["kind"], thing["metadata"]["name"]
        row = stored.get((kind, name))
        template = templates.get(str(kind).lower())
        foreign = next((one for one in (row, template) if one and not is_managed(one.body)), None)
        if foreign is not None:
            reason = _TAKEN.format(kind=foreign.body["kind"], name=foreign.name)
            yield Found(
                origin, state=ComplianceState.CONFLICT, code=TEMPLATE_CONFLICTS, reason=reason
            )
        elif row is not None:
            reason = _BROKEN.format(name=name)
            code = CONSTRAINT_INSTALL_FAILED
            yield Found(origin, state=ComplianceState.ERROR, code=code, reason=reason)
        else:
            yield Found(origin, reason=_NOT_YET)


def _stored(cluster: Cluster, names: Iterable[str]) -> dict[tuple[str, str], KubeObject]:
    rows = KubeObject.objects.filter(
        cluster=cluster, group__in=(CONSTRAINTS, MUTATIONS), name__in=list(names)
    )
    return {(str(row.body["kind"]), row.name): row for row in rows}


def _rows(cluster: Cluster, group: str) -> Iterable[KubeObject]:
    return KubeObject.objects.filter(cluster=cluster, group=group)
