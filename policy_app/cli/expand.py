"""``policy-portal expand``: the objects that workloads would make."""

from __future__ import annotations

import argparse
import json

from policy_app.cli.arguments import (
    HelpFormatter,
    Subparsers,
    add_file_option,
    add_namespace_option,
    examples,
)


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "expand",
        help="print the Pods and Jobs that workloads would make (gator: expand)",
        description="Print what the objects in manifests would make, such as the Pods of a"
        " Deployment, as policies judge them. The ExpansionTemplates among the manifests say what;"
        " without any, those for Kubernetes' own workloads. Mutators among the manifests are"
        " applied. gator's word for it: gator expand.",
        epilog=examples(
            ("the Pod of a Deployment", "policy-portal expand -f deployment.yaml"),
            (
                "with templates of one's own, as JSON",
                "policy-portal expand -f manifests/ -f expansion.yaml --output json",
            ),
            codes="0 done, 1 an object cannot be expanded, 2 an input could not be read (or wrong\n"
            "usage), 3 a template or mutator is none",
        ),
        formatter_class=HelpFormatter,
    )
    add_file_option(parser)
    add_namespace_option(parser)
    parser.add_argument(
        "-o", "--output", choices=("yaml", "json"), default="yaml", help="how to print (yaml)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what is made, by descending name, version and kind, as gator does."""
    from policy_app.cli.failure import Failure
    from policy_app.cli.offline import command, output
    from policy_app.cli.offline.gatekeeper import add_objects
    from policy_app.cli.offline.mutating import made_by
    from policy_app.cli.offline.policies import Policies
    from policy_app.evaluation.gatekeeper.errors import GatekeeperError
    from policy_app.evaluation.kube_yaml import writing

    policies = Policies()
    found = command.manifests(arguments)
    add_objects(found.documents, policies)
    around = command.surroundings(arguments, found)
    try:
        made = list(made_by(found.documents, policies, around))
    except GatekeeperError as error:
        raise Failure(error.message) from None
    made.sort(key=_order, reverse=True)
    if arguments.output == "json":
        for thing in made:
            print(json.dumps(thing, indent=2, ensure_ascii=False), file=output.stdout())
    else:
        writing.write_all(made, output.stdout())
    return command.finish([*policies.troubles, *found.troubles], found.skipped)


def _order(thing: dict[str, object]) -> str:
    metadata = thing["metadata"]
    assert isinstance(metadata, dict)
    return f"{metadata['name']}{thing['apiVersion']}{thing['kind']}"
