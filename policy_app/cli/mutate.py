"""``policy-portal mutate``: manifests as mutators leave them."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from policy_app.cli.arguments import (
    HelpFormatter,
    Subparsers,
    add_file_option,
    add_namespace_option,
    add_policy_options,
    examples,
)

if TYPE_CHECKING:
    from policy_app.evaluation.gatekeeper.mutation import Mutated
    from policy_app.evaluation.manifests import Document


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "mutate",
        help="print manifests as mutations leave them (gator: part of test and expand)",
        description="Print objects as the mutations of definitions, initiatives and mutators leave"
        " them: as objects, as a diff or as JSON Patches. Mutators among the manifests count, and"
        " are not printed. gator has no word for it: gator test and gator expand do it on the way.",
        epilog=examples(
            (
                "what a mutation adds",
                "policy-portal mutate -f pod.yaml --output diff \\\n"
                "    --definition 'Sets Privilege escalation in the Pod spec to false.'",
            ),
            (
                "mutators of one's own, on to the cluster",
                "policy-portal mutate -f pod.yaml --constraints mutators/ | kubectl apply -f -",
            ),
            codes="0 done, 1 an object cannot be mutated, 2 an input could not be read (or wrong\n"
            "usage), 3 a policy could not be resolved or compiled",
        ),
        formatter_class=HelpFormatter,
    )
    add_file_option(parser)
    add_policy_options(parser)
    add_namespace_option(parser)
    parser.add_argument(
        "-o",
        "--output",
        choices=("yaml", "json", "diff", "patch"),
        default="yaml",
        help="how to print: the objects, a unified diff, or a line of JSON Patch each (yaml)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print every object; ``Failure`` where one cannot be mutated."""
    from policy_app.cli.failure import Failure
    from policy_app.cli.offline import command, output
    from policy_app.cli.offline.gatekeeper import add_objects, is_policy
    from policy_app.cli.offline.mutating import mutate
    from policy_app.cli.offline.progress import Progress
    from policy_app.evaluation.gatekeeper.errors import GatekeeperError
    from policy_app.evaluation.kube_yaml import writing

    policies = command.policies(arguments, Progress())
    found = command.manifests(arguments)
    add_objects([one for one in found.documents if is_policy(one)], policies)
    documents = [one for one in found.documents if not is_policy(one)]
    around = command.surroundings(arguments, found)
    stream = output.stdout()
    for number, document in enumerate(documents):
        try:
            mutated = mutate(document.object, policies, around)
        except GatekeeperError as error:
            raise Failure(f"{document.file}:{document.line}: {error.message}") from None
        if arguments.output == "yaml":
            stream.write("---\n" if number else "")
            stream.write(writing.dump(mutated.object, sort=False))
        else:
            stream.write(_shown(arguments.output, document, mutated))
    return command.finish([*policies.troubles, *found.troubles], found.skipped, policies.notes)


def _shown(form: str, document: Document, mutated: Mutated) -> str:
    if form == "json":
        return json.dumps(mutated.object, indent=2, ensure_ascii=False) + "\n"
    if form == "diff":
        return _diff(document, mutated)
    return json.dumps(_patch(document, mutated), ensure_ascii=False) + "\n"


def _patch(document: Document, mutated: Mutated) -> dict[str, Any]:
    metadata = document.object.get("metadata") or {}
    names = (f"{one.mutator.kind}/{one.mutator.name}" for one in mutated.changes)
    return {
        "file": document.file,
        "line": document.line,
        "kind": document.object["kind"],
        "name": metadata.get("name", ""),
        "patch": list(mutated.patch),
        "mutators": list(dict.fromkeys(names)),
    }


def _diff(document: Document, mutated: Mutated) -> str:
    from difflib import unified_diff

    from policy_app.evaluation.kube_yaml.writing import dump

    if not mutated.changed:
        return ""
    before, after = (
        dump(thing, sort=False).splitlines(keepends=True)
        for thing in (document.object, mutated.object)
    )
    title = f"{document.file}:{document.line}"
    return "".join(unified_diff(before, after, title, f"{title} (mutated)"))
