"""``policy-portal snapshot``: a real cluster, a dump or a folder into a cluster of the portal."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import textwrap
from typing import TYPE_CHECKING

from policy_app.cli import environment
from policy_app.cli.arguments import (
    CLUSTER_TYPES,
    CODES,
    HelpFormatter,
    Subparsers,
    add_data_option,
    add_namespace_option,
    examples,
)
from policy_app.cli.failure import Failure

if TYPE_CHECKING:
    from policy_app.services.snapshots.notes import Left
    from policy_app.services.snapshots.places import Place
    from policy_app.services.snapshots.source import Source
    from policy_app.services.snapshots.taking import Taken

_MOST_EXAMPLES = 5


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "snapshot",
        help="read a real cluster, a dump of kubectl or a folder into a cluster of the portal",
        description="Make a cluster of the portal a mirror of a real one, to audit it here: its"
        " objects are read with get and list alone, and Secrets without their values; or they come"
        " from a dump of kubectl get -A (-o json or -o yaml), or from manifests. Again brings the"
        " mirror up to date: what went is removed, and what did not change stays untouched. In a"
        " mirror no controllers run, and its API takes no writes. A snapshot that fails leaves"
        " the cluster as it was.",
        epilog=examples(
            (
                "mirror the cluster of a context",
                "policy-portal snapshot --kubeconfig ~/.kube/config --context prod --cluster prod"
                " --create",
            ),
            (
                "without access from here: a dump",
                "kubectl get -A -o json $(kubectl api-resources --verbs=list -o name | grep -v"
                " secrets | paste -sd,) | policy-portal snapshot - --cluster prod",
            ),
            (
                "the manifests of a repository, as if they were applied",
                "policy-portal snapshot k8s/ --cluster prod",
            ),
            codes=CODES,
        ),
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a dump, a manifest, a folder with manifests at any depth, or - for standard input",
    )
    parser.add_argument(
        "--kubeconfig", metavar="FILE", help="read the cluster that this kubeconfig leads to"
    )
    parser.add_argument(
        "--context", default="", metavar="NAME", help="its context (the current one)"
    )
    parser.add_argument(
        "--cluster",
        required=True,
        metavar="NAME",
        help="the cluster of the portal: its name, GROUP.NAME or its ARM id",
    )
    _add_creation(parser)
    add_namespace_option(parser)
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="the summary's form (text)"
    )
    add_data_option(parser)
    parser.set_defaults(run=run)


def _add_creation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--create", action="store_true", help="make the cluster where there is none of the name"
    )
    parser.add_argument(
        "--scope",
        default="",
        metavar="ID",
        help="the resource group to make it in (the first one of the portal)",
    )
    parser.add_argument(
        "--cluster-type",
        choices=CLUSTER_TYPES,
        default=CLUSTER_TYPES[0],
        help="what a new cluster is to Azure, since some policies are for one kind alone:"
        " managedClusters for AKS, connectedClusters for Arc (managedClusters)",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="take the place of a simulated cluster though people have written to it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Take the snapshot and print what it did."""
    _check(arguments)
    environment.start(arguments.data)
    from policy_app.cli.offline.progress import Progress
    from policy_app.services import setup
    from policy_app.services.snapshots import taking

    bar = Progress()
    try:
        with environment.told_in_words():
            setup.prepare()
            wanted = taking.Wanted(arguments.namespace, arguments.replace, _again(arguments))
            place = _place(arguments)
            taken = taking.take(place, _source(arguments), wanted, bar.tell)
    finally:
        bar.clear()
    _print(taken, arguments.output)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Wrong usage that argparse cannot tell.  Raises ``Failure`` with the exit code 2."""
    if bool(arguments.paths) == bool(arguments.kubeconfig):
        raise Failure("say what to read: either --kubeconfig FILE, or files and folders.", code=2)
    if arguments.context and not arguments.kubeconfig:
        raise Failure("--context is a context of a kubeconfig: give --kubeconfig FILE.", code=2)
    if arguments.scope and not arguments.create:
        raise Failure("--scope says where --create makes a cluster: give both.", code=2)


def _source(arguments: argparse.Namespace) -> Source:
    if arguments.kubeconfig:
        # The client takes longer to load than most commands take to run.
        from policy_app.services.snapshots import kubeconfig, live

        return live.Live(kubeconfig.connect(arguments.kubeconfig, arguments.context))
    from policy_app.services.snapshots import files

    return files.of(arguments.paths, getattr(sys.stdin, "buffer", None))


def _place(arguments: argparse.Namespace) -> Place:
    from policy_app.models import Cluster
    from policy_app.services.errors import NotFound, PolicyError
    from policy_app.services.snapshots import places

    try:
        return places.Place(places.find(arguments.cluster))
    except NotFound as missing:
        if not arguments.create:
            told = f"{missing.message} --create makes one."
            raise PolicyError(missing.code, told, target="cluster") from None
    types = {"managedClusters": Cluster.MANAGED, "connectedClusters": Cluster.CONNECTED}
    return places.new(arguments.cluster, arguments.scope, types[arguments.cluster_type])


def _again(arguments: argparse.Namespace) -> str:
    """The command that brings the mirror up to date, from any folder."""
    words = ["policy-portal", "snapshot"]
    if arguments.kubeconfig:
        words += ["--kubeconfig", os.path.abspath(os.path.expanduser(arguments.kubeconfig))]
        words += ["--context", arguments.context] if arguments.context else []
    words += [path if path == "-" else os.path.abspath(path) for path in arguments.paths]
    return shlex.join([*words, "--cluster", arguments.cluster])


def _print(taken: Taken, form: str) -> None:
    if form == "json":
        import json

        print(json.dumps(taken.to_object(), indent=2))
        return
    print("\n".join(_lines(taken)))


def _lines(taken: Taken) -> list[str]:
    from policy_app.services.snapshots import notes

    counts, at = taken.counts, f"{taken.at:%Y-%m-%d %H:%M:%S} UTC"
    lines = [
        f"{taken.cluster.scope.name} mirrors {taken.title}, as of {at}.",
        f"  {counts.objects:,} objects of {taken.resources:,} kinds: {counts.added:,} added,"
        f" {counts.changed:,} changed, {counts.removed:,} removed,"
        f" {counts.unchanged:,} unchanged.",
    ]
    for title, added in (("Left out:", False), ("Added:", True)):
        told = [one for one in taken.left if (one.reason in notes.ADDED) == added]
        lines += [title] * bool(told)
        for reason in dict.fromkeys(one.reason for one in told):
            lines.append(f"  {notes.REASONS[reason]}:")
            lines += _left([one for one in told if one.reason == reason])
    return lines


def _left(found: list[Left]) -> list[str]:
    """What was left out for one reason: names in a row, and below names with examples these."""
    plain = ", ".join(_named(one) for one in found if not one.examples)
    lines = textwrap.wrap(plain, 92, break_long_words=False, break_on_hyphens=False)
    lines = [f"    {line}" for line in lines]
    for one in found:
        indent = "      " if one.what else "    "
        shown = one.examples[:_MOST_EXAMPLES]
        more = max(one.count, len(one.examples)) - len(shown)
        lines += [f"    {_named(one)}"] * bool(one.what and shown)
        lines += [f"{indent}{example}" for example in shown]
        lines += [f"{indent}and {more:,} more"] * bool(shown and more > 0)
    return lines


def _named(one: Left) -> str:
    return f"{one.what} ({one.count:,})" if one.count else one.what
