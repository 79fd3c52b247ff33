"""What the client and a driver say to each other.

Source: ``client/drivers`` of the constraint framework, where a driver holds the templates of its
language; here it is a single template's code, compiled and put into a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.external_data import ExternalDataBuiltin
from policy_app.evaluation.gatekeeper.review import Review

if TYPE_CHECKING:
    from policy_app.evaluation.rego.explain import Read

REGO, CEL = "Rego", "K8sNativeValidation"
"""The languages of templates, as these name them."""

REQUIRED_RULE = "violation"
"""The rule that a template's Rego is asked for."""

NO_DETAILS: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a constraint says about a review."""

    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    reads: Sequence[Read] = ()
    """What the rule looked at; empty where nobody asked, or its driver cannot tell."""


@dataclass(frozen=True, slots=True)
class World:
    """What a driver may look at beyond a request."""

    inventory: Mapping[str, Any] = field(default_factory=dict)
    external_data: ExternalDataBuiltin = field(default_factory=ExternalDataBuiltin)


@dataclass(frozen=True, slots=True)
class Query:
    """A request, as every constraint is asked about it."""

    review: Review
    input: Mapping[str, Any]
    """``review.to_input()``, made once."""
    namespace: Mapping[str, Any] | None = None
    """The Namespace object that the request is about, where it is known."""
    explain: bool = False
    """Whether findings should say what the rule looked at, at the cost of another run."""


class Driver(Protocol):
    """A template's code, ready to be asked.  Safe to ask from several threads."""

    def query(self, constraint: Constraint, query: Query) -> list[Finding]:
        """What a constraint says about a request; what fails while it runs is a finding too.

        Raises ``ReviewError`` where the request fails as a whole.
        """


class Code(Protocol):
    """A template's code, as it is written."""

    @property
    def engine(self) -> str:
        """The name of its language, as templates give it."""

    @property
    def uses_inventory(self) -> bool:
        """Whether it looks at other objects of the cluster."""

    @property
    def inventory_kinds(self) -> frozenset[str] | None:
        """The kinds of objects that it looks at; None for any.  Raises ``TemplateError``."""

    def compile(self) -> None:
        """Raises ``TemplateError`` where the code does not compile; the same code is compiled
        once."""

    def driver(self, world: World) -> Driver:
        """The code, compiled.  Raises ``TemplateError``."""
