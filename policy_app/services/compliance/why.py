"""Why a component is not compliant: the field, what it says, what is wanted, and what to change.

The object is looked at as it is now, and a change is suggested only where the constraint, asked
about the changed object, finds nothing wrong any more.  Azure tells none of this for Kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policy_app.evaluation import manifests, remedies
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import AUDIT_POINT, Constraint
from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.json_schema import field_path
from policy_app.evaluation.gatekeeper.locate import Locator
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.kube_yaml import writing
from policy_app.evaluation.kube_yaml.positions import parse_path
from policy_app.models import Cluster, Component, ComponentState, KubeObject
from policy_app.services import authorization, enforcement
from policy_app.services.authorization import Actor, actions
from policy_app.services.cluster import bootstrap, survey
from policy_app.services.cluster.installed import installed
from policy_app.services.compliance import advice
from policy_app.services.compliance.advice import Advice

_MOST_ADVICE = 40
"""Violations of one component for which a change is looked for; each asks all constraints."""
_LONGEST_VALUE = 2_000
NOT_THERE = "not set"


@dataclass(frozen=True, slots=True)
class Reason:
    """One violation, with all that can be said about it."""

    state: ComponentState
    number: int
    """Counts the violations of this policy from 1."""
    message: str
    container: str
    path: str
    """The field, such as ``spec.containers[0].image``; empty where it cannot be told."""
    line: int | None
    """Of the object's YAML, from 1; None where the object is gone or the field unknown."""
    current: str
    """What the field says now, as YAML; empty where that is unknown."""
    wanted: str
    """In words; empty for a template that is not ours."""
    generated: str
    """The object that a workload would make and that is at fault, such as ``Pod web-pod``."""
    still: bool | None
    """Whether the object as it is now has the violation still; None where nobody can tell."""
    advice: Advice | None

    @property
    def anchor(self) -> str:
        """What an address ends with that leads to it; the same as long as the policy is."""
        return f"{self.state.policy.constraint_name or self.state.policy_id}-{self.number}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A component with every reason, and the YAML that the lines count in."""

    component: Component
    thing: KubeObject | None
    """The object as it is now; None where it is gone."""
    text: str
    reasons: list[Reason] = field(default_factory=list)
    withheld: str = ""
    """Why nothing of the object itself is told; empty where it is."""

    @property
    def lines(self) -> frozenset[int]:
        """The lines that somebody objects to."""
        return frozenset(one.line for one in self.reasons if one.line)

    @property
    def changed_since(self) -> bool:
        """Whether the object was changed after it was judged."""
        return self.thing is not None and self.thing.revision != self.component.revision


def explain(
    component: Component, states: Iterable[ComponentState], by: Actor = None
) -> Explanation:
    """Every violation of a component; ``states`` are its own, with their policies.

    What the object itself says is for who may look into its cluster.
    """
    cluster = component.cluster
    permit = authorization.permit(by, actions.read_cluster(cluster.resource_type), cluster.scope)
    thing = object_of(component) if permit else None
    body = survey.without_secrets(thing.body) if thing is not None else {}
    text = writing.dump(body).rstrip("\n") if body else ""
    looking = _Looking(component, thing, text)
    reasons = [reason for state in states for reason in looking.reasons(state)]
    return Explanation(component, thing, text, reasons, withheld=permit.why)


def object_of(component: Component) -> KubeObject | None:
    """The object behind a component; None where it is gone."""
    return KubeObject.objects.filter(cluster=component.cluster_id, uid=component.uid).first()


class Judge:
    """The constraints of a cluster, to be asked about objects that are not stored."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def constraint(self, name: str) -> Constraint | None:
        """A constraint by its name; None where it is not there any more."""
        return self._constraints.get(name)

    def messages(self, name: str, thing: Mapping[str, Any]) -> list[str] | None:
        """What a constraint says about an object; None where it cannot be asked."""
        if name not in self._constraints:
            return None
        review = Review.audit(thing)
        try:
            decision = self._client.review(review, namespaces=self._namespaces, point=AUDIT_POINT)
        except GatekeeperError:
            return None
        return [one.message for one in decision.violations if one.constraint == name]

    @cached_property
    def _client(self) -> Client:
        """What is installed in the cluster; where nothing is, what the assignments bring."""
        client = installed(self._cluster).webhook.client
        return client if client.constraints else enforcement.in_force(self._cluster).client

    @cached_property
    def _constraints(self) -> Mapping[str, Constraint]:
        return {one.name: one for one in self._client.constraints}

    @cached_property
    def _namespaces(self) -> Mapping[str, Mapping[str, Any]]:
        return bootstrap.namespaces_of(self._cluster)


class _Looking:
    """One object, and what has been found out about it."""

    def __init__(self, component: Component, thing: KubeObject | None, text: str) -> None:
        self._component = component
        self._thing = thing
        self._judge = Judge(component.cluster)
        self._left = _MOST_ADVICE
        loaded = manifests.load("object.yaml", text).documents if text else []
        self._document = loaded[0] if loaded else None

    @property
    def _body(self) -> Mapping[str, Any]:
        return self._document.object if self._document is not None else {}

    @cached_property
    def _locator(self) -> Locator:
        return Locator(self._body)

    def reasons(self, state: ComponentState) -> Iterable[Reason]:
        """The reasons of one policy, as the audit wrote them down."""
        found = state.violations or [{"message": state.message}]
        for number, one in enumerate(found, 1):
            yield self._reason(state, number, one)

    def _reason(self, state: ComponentState, number: int, told: Mapping[str, Any]) -> Reason:
        message = str(told.get("message") or state.message)
        policy = state.policy
        constraint = self._judge.constraint(policy.constraint_name) if self._thing else None
        parameters = (constraint.parameters if constraint else None) or {}
        before = self._now(policy.constraint_name)
        generated = str(told.get("generated") or "")
        still = None if before is None or generated else message in before
        container, path = self._place(message, told)
        case = remedies.Case(self._body, parameters, message, container)
        suggestion = self._suggestion(state, case, before) if still else None
        path = _mended(path, suggestion)
        return Reason(
            state=state,
            number=number,
            message=message,
            container=container,
            path=path,
            line=self._document.position(path)[0] if self._document and path else None,
            current=self._current(path),
            wanted=remedies.wanted(policy.constraint_kind, parameters),
            generated=generated,
            still=still,
            advice=self._advice(policy.constraint_kind, suggestion),
        )

    def _place(self, message: str, told: Mapping[str, Any]) -> tuple[str, str]:
        """The container and the field, as the audit told them or as the message does."""
        container, path = str(told.get("container") or ""), str(told.get("path") or "")
        if path or not self._body:
            return container, path
        return self._locator.locate(message, told.get("details") or {})

    def _now(self, constraint: str) -> list[str] | None:
        if not self._body or not constraint:
            return None
        return self._judge.messages(constraint, self._body)

    def _current(self, path: str) -> str:
        if not path or not self._body:
            return ""
        value = remedies.value_at(self._body, parse_path(path))
        if value is None:
            return NOT_THERE
        return writing.dump(value).rstrip("\n").removesuffix("\n...")[:_LONGEST_VALUE]

    def _suggestion(
        self, state: ComponentState, case: remedies.Case, before: Sequence[str] | None
    ) -> remedies.Suggestion | None:
        if self._left <= 0 or before is None:
            return None
        self._left -= 1
        name = state.policy.constraint_name

        def gone(changed: Mapping[str, Any]) -> bool:
            after = self._judge.messages(name, changed)
            return after is not None and remedies.fixes(case.message, before, after)

        return remedies.suggest(state.policy.constraint_kind, case, gone)

    def _advice(self, kind: str, suggestion: remedies.Suggestion | None) -> Advice | None:
        if suggestion is None:
            return None
        return advice.of(self._component, self._body, suggestion, remedies.REMEDIES[kind].note)


def _mended(path: str, suggestion: remedies.Suggestion | None) -> str:
    """The field that a suggestion changes, where the message was taken for another one's."""
    if suggestion is None:
        return path
    told = parse_path(path)
    paths = [edit.path for edit in suggestion.edits]
    if told and any(told == one[: len(told)] or one == told[: len(one)] for one in paths):
        return path
    return field_path(list(paths[0]))
