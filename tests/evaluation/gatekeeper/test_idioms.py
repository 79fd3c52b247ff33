"""Idioms of published template libraries: what they mean here is what they mean to Gatekeeper."""

from __future__ import annotations

import pytest

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.review import Review
from tests.evaluation.gatekeeper.samples import template
from tests.evaluation.gatekeeper.suite_runs import constraint_object

SHIP = {
    "apiVersion": "v1",
    "kind": "Ship",
    "metadata": {"name": "vasa", "namespace": "harbour", "labels": {"flag": "blue"}},
    "spec": {
        "port": "/",
        "masts": [{"name": "fore", "sails": 2}, {"name": "main", "sails": 0}],
        "boats": [{"name": "gig"}],
    },
}

IDIOMS = {
    "a member in parentheses, and a builtin with the name of a keyword": (
        """
        package K8sShips
        import future.keywords.contains
        import future.keywords.if
        violation contains ({"msg": msg}) if {
          contains(input.review.object.metadata.name, "as")
          msg := "named"
        }
        """,
        ["named"],
    ),
    "several bodies behind one head": (
        """
        package ships
        count_of(thing) = n {
          thing.name == "gig"
          n := 0
        } {
          n := thing.sails
        }
        violation[{"msg": msg}] {
          msg := sprintf("fore %v", [count_of(input.review.object.spec.masts[0])])
        } {
          msg := sprintf("gig %v", [count_of(input.review.object.spec.boats[_])])
        }
        """,
        ["fore 2", "gig 0"],
    ),
    "a value that is made of what the body binds, or else of nothing": (
        """
        package ships
        short := sprintf("%v of %v", args) {
          input.parameters.long
          args := [1, 2]
        } else := sprintf("short for %v", [x]) {
          x := input.review.object.metadata.name
          input.parameters.named
        } else := sprintf(
          "none",
          []
        )
        violation[{"msg": short}] { true }
        """,
        ["none"],
    ),
    "a function in the head that asks for what the body finds": (
        """
        package ships
        told(mast) := msg {
          mast.sails > 0
          msg := sprintf("%v sails", [mast.sails],)
        }
        told(mast) := "bare" { mast.sails == 0 }
        violation[{"msg": told(mast)}] { mast := input.review.object.spec.masts[_] }
        """,
        ["2 sails", "bare"],
    ),
    "functions of constants, with and without a body": (
        """
        package ships
        steps("/") = []
        steps(path) = split(path, "/") { path != "/" }
        welcome("any", _)
        welcome("sailing", mast) := mast.sails != 0
        violation[{"msg": msg}] {
          mast := input.review.object.spec.masts[_]
          not welcome("sailing", mast)
          welcome("any", mast)
          msg := sprintf("%v %v", [mast.name, steps(input.review.object.spec.port)])
        }
        """,
        ["main []"],
    ),
    "a default that is a parameter": (
        """
        package ships
        field(thing, key, _) := thing[key]
        field(thing, key, _default) := _default {
          not thing[key]
          not thing[key] == false
        }
        violation[{"msg": msg}] {
          labels := input.review.object.metadata.labels
          msg := sprintf("%v %v", [field(labels, "flag", "white"), field(labels, "crew", "NONE")])
        }
        """,
        ["blue NONE"],
    ),
    "members of a set asked for by one of their fields": (
        """
        package ships
        violation[{"msg": msg}] { found[{"msg": msg, "field": "masts"}] }
        violation[{"msg": msg}] { found[{"msg": msg, "field": "oars"}] }
        found[{"msg": msg, "field": field}] {
          thing := input.review.object.spec[field][_]
          not thing.sails > 0
          msg := sprintf("%v of %v", [thing.name, field])
        }
        """,
        ["main of masts"],
    ),
    "things by their names, and lines in place of semicolons": (
        """
        package ships
        by_name[thing.name] = thing { thing := input.review.object.spec.masts[_] }
        by_name[thing.name] = thing { thing := input.review.object.spec.boats[_] }
        small := [name | by_name[name]
          count(name) < 4
        ]
        violation[{"msg": msg}] {
          some key
          name := small[key]
          msg := sprintf("%v %v", [key, name])
        }
        """,
        ["0 gig"],
    ),
    "pairs of labels, one set less another": (
        """
        package ships
        violation[{"msg": msg}] {
          wanted := {[key, value] | some key; value := input.parameters.labels[key]}
          there := {[key, value] | some key; value := input.review.object.metadata.labels[key]}
          count(wanted - there) == 0
          msg := sprintf("%v", [there - wanted])
        }
        """,
        ['{["flag", "blue"]}'],
    ),
    "an inventory in which nothing of the kind is known": (
        """
        package ships
        violation[{"msg": "no harbours"}] { not data.inventory.cluster["v1"].Harbour }
        known(name) { data.inventory.cluster["v1"].Harbour[name] }
        violation[{"msg": "unknown"}] { not known(input.review.object.metadata.namespace) }
        """,
        ["no harbours", "unknown"],
    ),
    "arguments that are not there keep a message from being made": (
        """
        package ships
        violation[{"msg": msg}] {
          not input.review.object.spec.anchor
          msg := sprintf("anchor %v", [input.parameters.anchor])
        }
        violation[{"msg": msg}] { msg := sprintf("%v", [input.parameters]) }
        """,
        ["{}"],
    ),
}


def judged(rego: str) -> list[str]:
    """What a constraint without parameters finds about the ship."""
    client = Client([template(rego)], [Constraint.parse(constraint_object())])
    return [violation.message for violation in client.review(Review.audit(SHIP)).violations]


@pytest.mark.parametrize("idiom", IDIOMS)
def test_an_idiom_means_what_it_means_to_gatekeeper(idiom: str) -> None:
    rego, messages = IDIOMS[idiom]
    assert judged(rego) == messages


def test_a_function_with_two_answers_is_itself_a_violation() -> None:
    rego = """
    package ships
    sails(ship) = n { n := ship.spec.masts[_].sails }
    violation[{"msg": msg}] { msg := sprintf("%v", [sails(input.review.object)]) }
    """
    [message] = judged(rego)
    assert "eval_conflict_error: functions must not produce multiple outputs" in message
