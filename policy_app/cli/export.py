"""``policy-portal export``: policies as the objects that a cluster needs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from policy_app.cli.arguments import (
    HelpFormatter,
    Subparsers,
    add_allow_host_option,
    add_cluster_type_option,
    add_data_option,
    add_parameter_options,
    examples,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy_app.cli.offline.command import Stored
    from policy_app.cli.offline.policies import Policies

_ASSIGNMENT = "/policyassignments/"


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "export",
        help="print policies as objects for kubectl apply (gator: has no word for it)",
        description="Print definitions, initiatives or assignments as what the add-on would"
        " install: constraint templates, constraints, mutators and expansion templates, as YAML."
        " Constraints need the kinds that their templates make: apply twice where kubectl says"
        " that it knows no such kind. gator has no word for it.",
        epilog=examples(
            (
                "a definition that refuses, straight into a cluster",
                "policy-portal export --format gatekeeper --set effect=Deny \\\n"
                "    95edb821-ddaf-4404-9732-666045e056b4 | kubectl apply -f -",
            ),
            (
                "an initiative with its parameters",
                "policy-portal export --format gatekeeper --parameters parameters.json \\\n"
                "    a8640138-9b0a-4a28-b8cb-1666c838647d > gatekeeper.yaml",
            ),
            (
                "an assignment of the portal, by its id",
                "policy-portal export --format gatekeeper --data /var/lib/policy-portal \\\n"
                "    /subscriptions/…/providers/Microsoft.Authorization/policyAssignments/baseline",
            ),
            (
                "what it comes to on one cluster, without what is exempt there",
                "policy-portal export --cluster aks-demo \\\n"
                "    /subscriptions/…/providers/Microsoft.Authorization/policyAssignments/baseline",
            ),
            codes="0 done, 1 no such assignment, 2 the parameters could not be read (or wrong\n"
            "usage), 3 a policy could not be resolved or compiled (nothing is printed)",
        ),
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "references",
        nargs="+",
        metavar="REF",
        help="a definition or initiative (GUID, full id, exact title or file, @6.*.* for a"
        " version), or an assignment (full id in the portal, or a file of ARM's JSON)",
    )
    parser.add_argument(
        "--format",
        choices=("gatekeeper",),
        default="gatekeeper",
        help="what to print them as (gatekeeper)",
    )
    add_parameter_options(parser)
    add_cluster_type_option(parser)
    parser.add_argument(
        "--cluster",
        default="",
        metavar="CLUSTER",
        help="a cluster of the portal, by its name or full id: assignments of the portal are"
        " printed as they are in force there, without what their resource selectors, exemptions"
        " and rules leave out (without it: as on a cluster where nothing is exempt)",
    )
    add_allow_host_option(parser)
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print everything, or nothing where something cannot be had."""
    from policy_app.cli.offline import command, output
    from policy_app.evaluation.kube_yaml import writing

    policies = command.exported(arguments, _stored(arguments))
    if not policies.troubles:
        writing.write_all(_objects(policies), output.stdout(), sort=False)
    return command.finish(policies.troubles, notes=policies.notes)


def _stored(arguments: argparse.Namespace) -> Stored:
    """What the assignments put to work whose ids are given.  Django is loaded only for these."""
    from policy_app.cli.offline.command import Stored

    ids = [text for text in arguments.references if _ASSIGNMENT in text.lower()]
    if not ids and not arguments.cluster:
        return Stored()
    from policy_app.cli import stored

    arguments.references = [text for text in arguments.references if text not in ids]
    return stored.assignments(ids, arguments.data, arguments.cluster)


def _objects(policies: Policies) -> Iterator[dict[str, Any]]:
    """Templates before what needs them."""
    for template in policies.templates.values():
        yield dict(template.written)
    if policies.expands:
        yield from (one.to_object() for one in policies.expander.templates)
    yield from (one.to_object() for one in policies.constraints)
    yield from (one.to_object() for one in policies.mutators)
