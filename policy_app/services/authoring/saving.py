"""Store, change and delete custom definitions; every door that changes one comes through here.

A save that changes something makes a new version by the rule of ``version_rule``; the older ones
stay, for whoever pins them.  Whoever uses the definition goes on working, or the save is refused.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from policy_app import wall_clock
from policy_app.catalog import storing
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.version_rule import (
    STAMPS,
    Level,
    Reason,
    differences,
    level_of,
    raised,
)
from policy_app.evaluation.language.versions import version_key
from policy_app.models import Definition, DefinitionVersion, Scope
from policy_app.services import activity, authorization, definitions
from policy_app.services.authoring import initiatives, reading, rules, uses
from policy_app.services.authoring.reading import Draft, Kind
from policy_app.services.authorization import Actor, actions
from policy_app.services.drafts.validation import refuse
from policy_app.services.errors import NotFound, PolicyError
from policy_app.services.writing import lock_below, sign

FIRST_VERSION = "1.0.0"
CUSTOM = DefinitionVersion.Origin.CUSTOM


def put(
    scope: Scope, name: str, body: dict[str, Any], by: Actor, kind: Kind = Kind.POLICY
) -> tuple[Definition, bool]:
    """Create the definition that ARM's body describes, or save it again; true where it is new.

    A body that says what is stored already changes nothing.  A version that the body names counts
    where it is higher than the newest.  Raises ``PolicyError`` and stores nothing where the
    definition is not valid, or somebody who uses it would break.
    """
    authorization.require(by, _action(kind, actions.WRITE), scope)
    draft = reading.read(kind, scope, name, body)
    _judge_alone(draft)
    return _save(draft, by)


def change(definition: Definition, changes: dict[str, Any], by: Actor) -> Definition:
    """Replace some properties of the newest version, and leave the others as they are."""
    newest = definitions.version(definition)
    properties = {**newest.body, **changes}
    properties.pop("version", None)
    scope = _own_scope(definition)
    kind = Kind(definition.kind)
    row, _ = put(scope, definition.name, {"properties": properties}, by, kind)
    return row


def check(
    scope: Scope, name: str, body: dict[str, Any], by: Actor, kind: Kind = Kind.POLICY
) -> tuple[str, list[Reason]]:
    """What ``put`` would do: the version that it would be, and why.  Raises as ``put`` does."""
    authorization.require(by, _action(kind, actions.WRITE), scope)
    draft = judged(scope, name, body, by, kind)
    row = definitions.find(draft.arm_id)
    if row is None:
        return _number(draft, "", Level.NONE), []
    _refuse_built_in(row)
    newest = definitions.version(row)
    reasons = differences(definitions.parse(newest), draft.parsed)
    number = _number(draft, newest.version, level_of(reasons))
    if number != newest.version:
        uses.refuse_breaking(row, _after(row, draft.as_version(number)), number, by)
    return number, reasons


def judged(
    scope: Scope, name: str, body: dict[str, Any], by: Actor, kind: Kind = Kind.POLICY
) -> Draft:
    """The definition that ARM's body describes, if it is valid.  Raises as ``put`` does.

    Nothing of it is stored, so that nobody has to be allowed to.
    """
    draft = reading.read(kind, scope, name, body)
    _judge_alone(draft)
    _judge_among_others(draft, by)
    return draft


@transaction.atomic
def delete(definition: Definition, by: Actor) -> None:
    """Delete it with all its versions; its history stays, with who deleted it.

    Raises ``PolicyError`` with ARM's code where something uses it, or Azure made it.
    """
    scope = _own_scope(definition)
    action = _action(Kind(definition.kind), actions.DELETE)
    who = authorization.require(by, action, scope)
    lock_below(scope)
    if not Definition.objects.filter(pk=definition.pk).exists():
        return  # somebody else deleted it while this waited
    uses.refuse_deletion(definition, by)
    before = {"properties": definitions.version(definition).body}
    activity.record(by, action, definition.arm_id, scope=scope, before=before)
    sign(definition, who.user)
    definition.delete()


def put_version(
    scope: Scope,
    name: str,
    version: str,
    body: dict[str, Any],
    by: Actor,
    kind: Kind = Kind.POLICY,
) -> tuple[DefinitionVersion, bool]:
    """Create one version of a definition, or replace it; true where it is new.

    Raises ``NotFound`` where there is no such definition, and else as ``put`` does.
    """
    authorization.require(by, _action(kind, actions.WRITE), scope)
    reading.full_version(version, "policyDefinitionVersion")
    draft = reading.read(kind, scope, name, body)
    if draft.version and version_key(draft.version) != version_key(version):
        raise PolicyError(
            "InvalidRequestContent",
            f"'properties.version' is '{draft.version}' and the request's address says"
            f" '{version}'; leave it out or make them equal.",
            target="properties.version",
        )
    _judge_alone(draft)
    return _save_version(draft.as_version(version), by)


@transaction.atomic
def delete_version(row: DefinitionVersion, by: Actor) -> None:
    """Delete one version.

    Raises ``PolicyError`` where it is the only one, or somebody who uses it has no other.
    """
    owner = row.definition
    scope = _own_scope(owner)
    action = _action(Kind(owner.kind), actions.DELETE)
    who = authorization.require(by, action, scope)
    lock_below(scope)
    after = {one.version: one for one in owner.versions.exclude(pk=row.pk)}
    if not after:
        raise PolicyError(
            uses.deletion_code(owner),
            f"'{row.version}' is the only version of '{owner.name}'; delete the definition itself.",
        )
    parsed = {version: definitions.parse(one) for version, one in after.items()}
    uses.refuse_breaking(owner, parsed, row.version, by)
    arm_id = f"{owner.arm_id}/versions/{row.version}"
    activity.record(by, action, arm_id, scope=scope, before={"properties": row.body})
    sign(row, who.user)
    row.delete()
    newest = max(after, key=version_key)
    _summarise(owner, parsed[newest], who.user)


def _judge_alone(draft: Draft) -> None:
    """What can be told without a lock; a template may have to be fetched first."""
    if isinstance(draft.parsed, PolicyDefinition):
        refuse([*draft.faults, *rules.faults(draft.parsed)], draft.subject)


def _judge_among_others(draft: Draft, by: Actor) -> None:
    if isinstance(draft.parsed, PolicySetDefinition):
        found = initiatives.faults(draft.parsed, draft.scope, by)
        refuse([*draft.faults, *found], draft.subject)


@transaction.atomic
def _save(draft: Draft, by: Actor) -> tuple[Definition, bool]:
    lock_below(draft.scope)
    _judge_among_others(draft, by)
    row = definitions.find(draft.arm_id)
    if row is None:
        row = Definition(kind=draft.kind, name=draft.name, arm_id=draft.arm_id, scope=draft.scope)
        _write(row, None, draft, _number(draft, "", Level.NONE), by)
        return _again(row), True
    _refuse_built_in(row)
    newest = definitions.version(row)
    level = level_of(differences(definitions.parse(newest), draft.parsed))
    number = _number(draft, newest.version, level)
    if number == newest.version:
        return row, False
    uses.refuse_breaking(row, _after(row, draft.as_version(number)), number, by)
    _write(row, newest, draft, number, by)
    return _again(row), False


@transaction.atomic
def _save_version(draft: Draft, by: Actor) -> tuple[DefinitionVersion, bool]:
    lock_below(draft.scope)
    _judge_among_others(draft, by)
    owner = definitions.find(draft.arm_id)
    if owner is None:
        kind = reading.FOLDERS[draft.kind]
        code = f"{kind[0].upper()}{kind[1:-1]}NotFound"
        raise NotFound(code, f"{draft.subject} could not be found.")
    _refuse_built_in(owner)
    number = draft.parsed.version
    versions = {version_key(one.version): one for one in owner.versions.all()}
    row = versions.get(version_key(number))
    if row is not None:
        draft = draft.as_version(row.version)
        if not differences(definitions.parse(row), draft.parsed):
            return row, False
    uses.refuse_breaking(owner, _after(owner, draft), draft.parsed.version, by)
    return _write(owner, row, draft, draft.parsed.version, by, replaced=row), row is None


def _action(kind: Kind, verb: str) -> str:
    return actions.of(actions.INITIATIVES if kind == Kind.INITIATIVE else actions.DEFINITIONS, verb)


def _number(draft: Draft, newest: str, level: Level) -> str:
    """The version that a save makes: what the body asks for where that is higher, else the rule."""
    metadata = draft.properties.get("metadata") or {}
    asked = draft.version or _of_metadata(metadata.get("version"))
    if not newest:
        return asked or FIRST_VERSION
    if asked and version_key(asked) > version_key(newest):
        return asked
    return raised(newest, level)


def _of_metadata(version: Any) -> str:
    """Azure's samples keep a version in the metadata; one that is none there is just a text."""
    if not isinstance(version, str):
        return ""
    try:
        return reading.full_version(version, "")
    except PolicyError:
        return ""


def _after(row: Definition, draft: Draft) -> dict[str, definitions.Parsed]:
    """Every version that there will be once the draft is stored."""
    stored = {one.version: definitions.parse(one) for one in _versions(row)}
    return {**stored, draft.parsed.version: draft.parsed}


def _versions(row: Definition) -> Any:
    return row.versions.select_related("definition")


def _write(
    owner: Definition,
    before: DefinitionVersion | None,
    draft: Draft,
    number: str,
    by: Actor,
    *,
    replaced: DefinitionVersion | None = None,
) -> DefinitionVersion:
    """Store a version, and bring the definition in line where it is the newest."""
    user = authorization.user_of(by)
    stamped = _stamped(draft, before, user)
    final = Draft(draft.kind, draft.scope, draft.name, stamped, draft.parsed, "").as_version(number)
    newest = owner.latest_version
    if owner.pk is None or not newest or version_key(number) >= version_key(newest):
        _summarise(owner, final.parsed, user)
    row = replaced or DefinitionVersion(definition=owner)
    sign(row, user)
    storing.write_version(row, final.parsed, final.properties, CUSTOM)
    _tell(owner)
    activity.record(
        by,
        _action(draft.kind, actions.WRITE),
        owner.arm_id,
        scope=draft.scope,
        before={"properties": before.body} if before else None,
        after={"properties": final.properties},
    )
    return row


def _summarise(owner: Definition, newest: definitions.Parsed, by: User | None) -> None:
    if storing.summarise(owner, storing.summary(newest)):
        sign(owner, by)
        owner.save()
        _tell(owner)


def _tell(owner: Definition) -> None:
    """The gap of an initiative follows from its members."""
    if owner.is_initiative:
        storing.tell_initiatives(Definition.objects.filter(pk=owner.pk))
    else:
        storing.tell_initiatives(definitions.initiatives_with(owner).order_by())


def _stamped(draft: Draft, before: DefinitionVersion | None, by: User | None) -> dict[str, Any]:
    """The properties with what ARM adds to the metadata; a caller's own values are lost."""
    now = wall_clock.now().isoformat().replace("+00:00", "Z")
    who = by.get_username() if by else ""
    kept = (before.body.get("metadata") or {}) if before else {}
    own = {
        name: value
        for name, value in (draft.properties.get("metadata") or {}).items()
        if name not in STAMPS
    }
    metadata = {
        **own,
        "createdBy": kept.get("createdBy", who) if before else who,
        "createdOn": kept.get("createdOn", now) if before else now,
        "updatedBy": who if before else None,
        "updatedOn": now if before else None,
    }
    return {**draft.properties, "metadata": metadata}


def _again(row: Definition) -> Definition:
    """The row as it is stored now, with what was told of it besides."""
    return Definition.objects.select_related("scope").get(pk=row.pk)


def _own_scope(definition: Definition) -> Scope:
    """Where a custom definition is kept.  Raises ``PolicyError`` for what Azure made."""
    _refuse_built_in(definition)
    assert definition.scope is not None
    return definition.scope


def _refuse_built_in(definition: Definition) -> None:
    if definition.policy_type == Definition.PolicyType.CUSTOM and definition.scope is not None:
        return
    raise PolicyError(
        "InvalidUpdatePolicyDefinitionRequest",
        f"'{definition.display_name}' is built in and cannot be changed or deleted. Duplicate it"
        " at a subscription or a management group, and change that.",
        status=400,
    )
