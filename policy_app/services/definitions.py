"""Browse definitions, and pick the version that an assignment or an initiative asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Prefetch, Q, QuerySet

from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.versions import VersionError, pick_version
from policy_app.models import Definition, DefinitionVersion, Scope
from policy_app.services import authorization
from policy_app.services.authorization import Actor, actions
from policy_app.services.errors import NotFound, PolicyError

Parsed = PolicyDefinition | PolicySetDefinition
_PROVIDERS = {
    Definition.Kind.POLICY: actions.DEFINITIONS,
    Definition.Kind.INITIATIVE: actions.INITIATIVES,
}
WITHOUT_BODIES = Prefetch("versions", DefinitionVersion.objects.defer("body"))
"""To prefetch: there are dozens of versions, and hardly anybody asks what more than one says."""
_KEPT = 4096
_parsed: dict[tuple[str, str], Parsed] = {}


def listing(kind: str = "", scope: Scope | None = None) -> QuerySet[Definition]:
    """Definitions by name; of one kind, and of what can be assigned at a scope, where given."""
    rows = Definition.objects.all()
    if kind:
        rows = rows.filter(kind=kind)
    return assignable_at(rows, scope) if scope else rows


def assignable_at(rows: QuerySet[Definition], scope: Scope) -> QuerySet[Definition]:
    """The built-ins among them, and the custom ones that are defined at the scope or above it."""
    return rows.filter(Q(scope=None) | Q(scope_id__in=scope.lineage))


def matching(rows: QuerySet[Definition], text: str) -> QuerySet[Definition]:
    """Those that have every word of the text in their display name or name, in any letter case."""
    for word in text.split():
        rows = rows.filter(Q(display_name__icontains=word) | Q(name__icontains=word))
    return rows


def categories(by: Actor) -> list[str]:
    """Every category of definitions that the principal may read, sorted."""
    names = visible(Definition.objects.exclude(category=""), by).order_by("category")
    return list(names.values_list("category", flat=True).distinct())


def visible(rows: QuerySet[Definition], by: Actor) -> QuerySet[Definition]:
    """The built-ins among them, and the custom ones that the principal may read."""
    who = authorization.principal_of(by)
    if who.is_owner:
        return rows
    seen = Q(scope=None)
    for kind, provider in _PROVIDERS.items():
        paths = who.paths(actions.of(provider, actions.READ))
        seen |= authorization.within(paths) & Q(kind=kind)
    return rows.filter(seen)


def read_action(one: Definition) -> str:
    """What reading a custom definition asks a role for."""
    return actions.of(_PROVIDERS[Definition.Kind(one.kind)], actions.READ)


def find(arm_id: str, by: Actor = None) -> Definition | None:
    """The definition with this id, in any letter case; none at a scope that is not known."""
    # No id holds a NUL, and PostgreSQL fails on one even in a comparison.
    rows = Definition.objects.select_related("scope")
    found = rows.filter(key=arm_id.replace("\x00", "").lower()).first()
    if found is not None and found.scope is not None and not authorization.knows(by, found.scope):
        return None
    return found


def get(arm_id: str, by: Actor = None) -> Definition:
    """The definition with this id; ``NotFound`` with ARM's code for its type."""
    found = find(arm_id, by)
    if found:
        return found
    is_set = "/policysetdefinitions/" in arm_id.lower()
    what = "policy set definition" if is_set else "policy definition"
    raise NotFound(
        "PolicySetDefinitionNotFound" if is_set else "PolicyDefinitionNotFound",
        f"The {what} '{arm_id}' could not be found.",
        target="properties.policyDefinitionId",
    )


def built_in(kind: str, name: str) -> Definition:
    """The built-in definition with this name (its GUID)."""
    folder = "policySetDefinitions" if kind == Definition.Kind.INITIATIVE else "policyDefinitions"
    return get(f"/providers/Microsoft.Authorization/{folder}/{name}")


def version(definition: Definition, pattern: str = "") -> DefinitionVersion:
    """The newest version that fits ``pattern`` (``6.*.*``); the latest without one.

    Raises ``NotFound`` where none fits, and ``PolicyError`` where the pattern is none.
    """
    versions = {one.version: one for one in definition.versions.all()}
    try:
        chosen = pick_version(pattern or definition.latest_version, versions)
    except VersionError as error:
        target = "properties.definitionVersion"
        raise PolicyError(error.code, str(error), target=target) from None
    if chosen is None:
        raise NotFound(
            "PolicyDefinitionVersionNotFound",
            f"'{definition.display_name}' has no version that fits '{pattern}';"
            f" it has {', '.join(versions) or 'none'}.",
            target="properties.definitionVersion",
        )
    return versions[chosen]


def parse(row: DefinitionVersion) -> Parsed:
    """The version as the evaluation module understands it.

    Kept by fingerprint: parsing is pure, and every page and decision asks for the same few.
    """
    definition = row.definition
    key = (definition.key, row.fingerprint)
    if key not in _parsed:
        if len(_parsed) >= _KEPT:
            _parsed.clear()
        shape = {"id": definition.arm_id, "name": definition.name, "properties": row.body}
        parser = PolicySetDefinition if definition.is_initiative else PolicyDefinition
        _parsed[key] = parser.parse(shape)
    return _parsed[key]


def read_bodies(rows: Iterable[DefinitionVersion]) -> None:
    """Read what ``parse`` needs of versions that came without their bodies, in one query."""
    wanted = {
        row.pk: row
        for row in rows
        if "body" in row.get_deferred_fields()
        and (row.definition.key, row.fingerprint) not in _parsed
    }
    bodies = DefinitionVersion.objects.filter(pk__in=wanted).values_list("pk", "body")
    for key, body in bodies if wanted else ():
        wanted[key].body = body


def members(target: PolicySetDefinition) -> Mapping[tuple[str, str], DefinitionVersion]:
    """The versions that a set pins, by (definition id in lower case, version pattern)."""
    return chosen((one.definition_id.lower(), one.version_pattern) for one in target.members)


def chosen(keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], DefinitionVersion]:
    """The newest version that fits each (definition id in lower case, version pattern).

    One query for the definitions and one for their versions; a definition that is not stored, or
    has no version that fits, is left out.
    """
    wanted = list(keys)
    stored = {one.key: one for one in _with_versions({key for key, _ in wanted})}
    found = {}
    for key, pattern in wanted:
        if key not in stored:
            continue
        try:
            found[key, pattern] = version(stored[key], pattern)
        except PolicyError:
            continue
    return found


def _with_versions(keys: Iterable[str]) -> Iterable[Definition]:
    return Definition.objects.filter(key__in=list(keys)).prefetch_related("versions__definition")


def initiatives_with(definition: Definition) -> QuerySet[Definition]:
    """The initiatives that have this definition as a member, in any of their versions."""
    return (
        Definition.objects.filter(versions__members__definition_key=definition.key)
        .distinct()
        .order_by("display_name", "pk")
    )
