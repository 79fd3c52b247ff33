"""Does a constraint judge an object, and if not, which criterion said no.

Criteria are tried in Gatekeeper's order, and the first that fails decides.  Source:
``pkg/mutation/match`` and ``pkg/target`` of Gatekeeper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from policy_app.evaluation.gatekeeper import wildcard
from policy_app.evaluation.gatekeeper.errors import ConstraintError, ConstraintSchemaError
from policy_app.evaluation.gatekeeper.labels import LabelSelector, SelectorError, labels_of

ANY = "*"
ALL_SOURCES = "All"
ORIGINAL = "Original"
GENERATED = "Generated"
SOURCES = (ALL_SOURCES, GENERATED, ORIGINAL)

_FIELDS = (
    "source",
    "kinds",
    "scope",
    "namespaces",
    "excludedNamespaces",
    "labelSelector",
    "namespaceSelector",
    "name",
)


@dataclass(frozen=True, slots=True)
class Matched:
    """The constraint judges the object."""


@dataclass(frozen=True, slots=True)
class NotMatched:
    """The constraint leaves the object alone."""

    criterion: str
    """The field of ``spec.match`` that said no."""
    reason: str
    """A sentence for the object's owner."""


@dataclass(frozen=True, slots=True)
class MatchError:
    """It cannot be told, which Gatekeeper reports as a violation."""

    message: str


Outcome = Matched | NotMatched | MatchError


@dataclass(frozen=True, slots=True)
class Subject:
    """One object as the criteria see it."""

    object: Mapping[str, Any]
    namespace: Mapping[str, Any] | None = None
    """The Namespace object that it lives in, where that is known."""
    source: str = ""
    """``Original``, ``Generated``, or empty where nobody said."""

    @property
    def kind(self) -> str:
        """The object's kind."""
        return str(self.object.get("kind", ""))

    @property
    def group(self) -> str:
        """The object's API group; empty for the core group."""
        group, slash, _ = str(self.object.get("apiVersion", "")).partition("/")
        return group if slash else ""

    @property
    def is_namespace(self) -> bool:
        """True for a Namespace, which counts as an object of the cluster."""
        return self.kind == "Namespace" and not self.group

    def field(self, name: str) -> str:
        """A string out of ``metadata``; empty where it is absent."""
        metadata = self.object.get("metadata")
        # Asking for a dict first is much quicker than asking for any mapping.
        value = metadata.get(name) if isinstance(metadata, (dict, Mapping)) else None
        return value if isinstance(value, str) else ""

    @property
    def namespace_name(self) -> str | None:
        """The namespace that ``namespaces`` is compared with; None for cluster-wide objects."""
        if self.is_namespace:
            return self.field("name")
        if self.namespace is not None:
            return Subject(self.namespace).field("name")
        return self.field("namespace") or None

    @property
    def place(self) -> tuple[Any, ...]:
        """What the object is and where it lives: all that most criteria look at."""
        inside = self.namespace is not None
        return (
            *(self.group, self.kind, self.field("namespace"), self.namespace_name),
            *(inside, self.source),
        )

    @property
    def label(self) -> str:
        """How a sentence names the object: ``Pod web``."""
        return f"{self.kind} {self.field('name')}".strip()


@dataclass(frozen=True, slots=True)
class KindSelector:
    """API groups and kinds; both must fit, an empty list or ``*`` fits all."""

    api_groups: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def fits(self, subject: Subject) -> bool:
        """Whether the object is one of these kinds; versions are never compared."""
        return _among(subject.kind, self.kinds) and _among(subject.group, self.api_groups)

    def __str__(self) -> str:
        groups = "" if self.api_groups in ((), ("",)) else f" of {', '.join(self.api_groups)}"
        return f"{', '.join(self.kinds) or 'every kind'}{groups}"


def _among(value: str, choices: tuple[str, ...]) -> bool:
    return not choices or ANY in choices or value in choices


@dataclass(frozen=True, slots=True)
class Match:
    """``spec.match`` of a constraint or a mutator; empty fields exclude nothing."""

    kinds: tuple[KindSelector, ...] = ()
    scope: str = ""
    namespaces: tuple[str, ...] = ()
    excluded_namespaces: tuple[str, ...] = ()
    label_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    name: str = ""
    source: str = ""
    written: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The match as it was written."""

    @classmethod
    def parse(cls, value: Any, path: str = "spec.match") -> Match:
        """Read a match.  Raises ``ConstraintError`` with the path of the field at fault."""
        if not isinstance(value, Mapping):
            _misfit(path, "must be an object")
        for name in value:
            if name not in _FIELDS:
                where = f"{path}.{name}"
                raise ConstraintError(f"invalid Constraint: unknown fields: [{where}]", path=where)
        return cls(
            kinds=tuple(_kinds(value.get("kinds"), f"{path}.kinds")),
            scope=_text(value, "scope", path),
            namespaces=_wildcards(value, "namespaces", path),
            excluded_namespaces=_wildcards(value, "excludedNamespaces", path),
            label_selector=_selector(value, "labelSelector", path),
            namespace_selector=_selector(value, "namespaceSelector", path),
            name=_wildcard(_text(value, "name", path), f"{path}.name"),
            source=_text(value, "source", path),
            written=value,
        )

    def to_object(self) -> dict[str, Any]:
        """The match as it was written."""
        return dict(self.written)

    @property
    def is_about_place(self) -> bool:
        """Whether objects of one kind in one namespace are all judged, or none of them."""
        return self.label_selector is None and self.namespace_selector is None and not self.name

    def judge(self, subject: Subject) -> Outcome:
        """Try every criterion in order; the first that says no, or cannot say, decides."""
        for criterion in _CRITERIA:
            outcome = criterion(self, subject)
            if outcome is not None:
                return outcome
        return Matched()


def judge_any(match: Match | None, subjects: list[Subject]) -> Outcome:
    """Whether a constraint judges a request: its object or its old object must match.

    Without a match, everything is judged.  Errors name the object, as Gatekeeper's do.
    """
    if match is None:
        return Matched()
    if not subjects:
        return MatchError("invalid request object: neither object nor old object are defined")
    outcomes: list[Outcome] = []
    for subject in subjects:
        outcome = match.judge(subject)
        if isinstance(outcome, MatchError):
            return MatchError(
                "error matching the requested object: "
                f"{subject.field('name')} :failed to run Match criteria: {outcome.message}"
            )
        if isinstance(outcome, Matched):
            return outcome
        outcomes.append(outcome)
    return outcomes[0]


def _by_kinds(match: Match, subject: Subject) -> Outcome | None:
    if not match.kinds or any(selector.fits(subject) for selector in match.kinds):
        return None
    wanted = "; ".join(map(str, match.kinds))
    group = f" of {subject.group}" if subject.group else ""
    return NotMatched("kinds", f"It judges {wanted}, and this is a {subject.kind}{group}.")


def _by_scope(match: Match, subject: Subject) -> Outcome | None:
    namespaced = bool(subject.field("namespace")) or subject.namespace is not None
    of_cluster = subject.is_namespace or not namespaced
    if match.scope == "Cluster" and not of_cluster:
        return NotMatched(
            "scope", "It judges objects of the whole cluster, and this one lives in a namespace."
        )
    if match.scope == "Namespaced" and of_cluster:
        return NotMatched(
            "scope", "It judges objects in namespaces, and this one belongs to the whole cluster."
        )
    return None


def _by_namespaces(match: Match, subject: Subject) -> Outcome | None:
    name = subject.namespace_name
    if not match.namespaces or name is None or _hit(match.namespaces, name):
        return None
    wanted = ", ".join(match.namespaces)
    return NotMatched(
        "namespaces", f"It judges only the namespaces {wanted}, and this one is {name!r}."
    )


def _by_excluded_namespaces(match: Match, subject: Subject) -> Outcome | None:
    name = subject.namespace_name
    hit = None if name is None else _hit(match.excluded_namespaces, name)
    if hit is None:
        return None
    by = "" if hit == name else f" by {hit!r}"
    return NotMatched("excludedNamespaces", f"The namespace {name!r} is excluded{by}.")


def _by_labels(match: Match, subject: Subject) -> Outcome | None:
    if match.label_selector is None:
        return None
    failing = match.label_selector.failing(labels_of(subject.object))
    if failing is None:
        return None
    return NotMatched("labelSelector", f"The object's labels do not meet {str(failing)!r}.")


def _by_namespace_labels(match: Match, subject: Subject) -> Outcome | None:
    selector = match.namespace_selector
    if selector is None:
        return None
    if subject.is_namespace:
        labels = labels_of(subject.object)
    elif subject.namespace is not None:
        labels = labels_of(subject.namespace)
    elif subject.field("namespace"):
        return MatchError("namespace selector for namespace-scoped object but missing Namespace")
    else:
        return None
    failing = selector.failing(labels)
    if failing is None:
        return None
    return NotMatched(
        "namespaceSelector",
        f"The labels of namespace {subject.namespace_name!r} do not meet {str(failing)!r}.",
    )


def _by_name(match: Match, subject: Subject) -> Outcome | None:
    name, generated = subject.field("name"), subject.field("generateName")
    if not match.name or wildcard.matches(match.name, name):
        return None
    if generated and wildcard.matches_generate_name(match.name, generated):
        return None
    shown = name or f"{generated}…"
    return NotMatched("name", f"It judges objects named {match.name!r}, and this one is {shown!r}.")


def _by_source(match: Match, subject: Subject) -> Outcome | None:
    wanted = match.source or ALL_SOURCES
    if wanted not in SOURCES:
        return MatchError(f'invalid source field "{wanted}"')
    if wanted == ALL_SOURCES:
        return None
    if not subject.source:
        return MatchError(f"source field not specified for resource {subject.field('name')}")
    if subject.source == wanted:
        return None
    sort = "generated from a template" if wanted == GENERATED else "as they were submitted"
    return NotMatched("source", f"It judges only objects {sort}.")


_CRITERIA = (
    _by_kinds,
    _by_scope,
    _by_namespaces,
    _by_excluded_namespaces,
    _by_labels,
    _by_namespace_labels,
    _by_name,
    _by_source,
)


def _hit(patterns: tuple[str, ...], name: str) -> str | None:
    return next((pattern for pattern in patterns if wildcard.matches(pattern, name)), None)


def _refuse(path: str, problem: str) -> NoReturn:
    raise ConstraintError(f"{path} {problem}", path=path)


def _misfit(path: str, problem: str) -> NoReturn:
    raise ConstraintSchemaError(f"schema validation failed: {path} {problem}", path=path)


def _text(value: Mapping[str, Any], name: str, path: str) -> str:
    text = value.get(name)
    if text is not None and not isinstance(text, str):
        _misfit(f"{path}.{name}", "must be a string")
    return text or ""


def _texts(value: Mapping[str, Any], name: str, path: str) -> tuple[str, ...]:
    texts = value.get(name)
    if texts is None:
        return ()
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        _misfit(f"{path}.{name}", "must be a list of strings")
    return tuple(texts)


def _wildcards(value: Mapping[str, Any], name: str, path: str) -> tuple[str, ...]:
    found = _texts(value, name, path)
    for index, pattern in enumerate(found):
        _wildcard(pattern, f"{path}.{name}[{index}]")
    return found


def _wildcard(pattern: str, path: str) -> str:
    if not wildcard.is_well_formed(pattern):
        _misfit(path, f"is {pattern!r}, and should match '{wildcard.PATTERN}'")
    return pattern


def _selector(value: Mapping[str, Any], name: str, path: str) -> LabelSelector | None:
    if value.get(name) is None:
        return None
    try:
        return LabelSelector.parse(value[name])
    except SelectorError as error:
        # Gatekeeper names spec.labelSelector for both selectors; the field at fault helps more.
        _refuse(f"{path}.{name}", f"is invalid: {error}")


def _kinds(value: Any, path: str) -> Iterator[KindSelector]:
    if value is None:
        return
    if not isinstance(value, list):
        _misfit(path, "must be a list")
    for index, entry in enumerate(value):
        where = f"{path}[{index}]"
        if not isinstance(entry, Mapping):
            _misfit(where, "must be an object with apiGroups and kinds")
        yield KindSelector(_texts(entry, "apiGroups", where), _texts(entry, "kinds", where))
