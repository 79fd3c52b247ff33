"""``policy-portal test``: what policies say about manifests, before a cluster does."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from policy_app.cli.arguments import (
    HelpFormatter,
    Subparsers,
    add_cel_switch,
    add_file_option,
    add_namespace_option,
    add_policy_options,
    count,
    examples,
)

if TYPE_CHECKING:
    from policy_app.cli.offline.errors import Trouble

# The formats and the levels as they are defined in ``offline``, which help must not load.
FORMATS = ("text", "json", "junit", "sarif")
LEVELS = ("deny", "warn", "audit", "never")


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "test",
        help="test manifests against definitions, initiatives or constraints (gator: test)",
        description="Say what policies would tell a cluster about manifests. Nothing is contacted:"
        " the built-in definitions come with the portal. All objects together form the inventory"
        " for policies that look at other objects. gator's word for it: gator test; as with gator,"
        " the templates and constraints among the manifests count where no policy is named.",
        epilog=examples(
            (
                "one definition by its title, refusing what it finds",
                "policy-portal test -f k8s/ --set effect=Deny \\\n"
                "    --definition 'Kubernetes cluster should not allow privileged containers'",
            ),
            (
                "an initiative by its GUID, with parameters, for code scanning",
                "policy-portal test -f k8s/ --initiative a8640138-9b0a-4a28-b8cb-1666c838647d \\\n"
                "    --parameters parameters.json --fail-on audit --output sarif > policy.sarif",
            ),
            (
                "a version that is pinned, on what a chart renders",
                "helm template . | policy-portal test -f - \\\n"
                "    --definition 95edb821-ddaf-4404-9732-666045e056b4@9.*.*",
            ),
            (
                "templates and constraints of your own",
                "policy-portal test -f k8s/ --constraints policies/ --explain",
            ),
            codes="0 nothing failed, 1 something did, 2 an input could not be read (or wrong\n"
            "usage), 3 a policy could not be resolved or compiled",
        ),
        formatter_class=HelpFormatter,
    )
    add_file_option(parser)
    add_policy_options(parser)
    add_namespace_option(parser)
    add_cel_switch(parser)
    parser.add_argument(
        "--fail-on",
        choices=LEVELS,
        default="deny",
        help="the mildest violation that ends with exit code 1 (deny)",
    )
    parser.add_argument(
        "-o", "--output", choices=FORMATS, default="text", help="how to write the report (text)"
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="show each violation's field, and the policies that passed or did not apply, and why",
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=count,
        default=0,
        metavar="N",
        help="how many processes judge (as many as there are processors, where there is much to"
        " judge); the report is the same",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The exit code of the report, whatever its format."""
    import gc

    # Manifests are trees: looking through them for cycles finds nothing.
    gc.disable()
    try:
        return _run(arguments)
    finally:
        gc.enable()


def _run(arguments: argparse.Namespace) -> int:
    from policy_app.cli.offline import command, formats, judging, output
    from policy_app.cli.offline.around import Manifests
    from policy_app.cli.offline.inputs import sources
    from policy_app.cli.offline.progress import Progress
    from policy_app.cli.offline.report import Report

    progress = Progress()
    policies = command.policies(arguments, progress)
    troubles: list[Trouble] = []
    manifests = Manifests(sources(arguments.files, troubles))
    if not command.names_policies(arguments):
        manifests = Manifests.read(manifests.sources, progress)
        command.use_policies_among(manifests.everything, policies)
    report = Report(
        fail_on=arguments.fail_on,
        constraints=len(policies.constraints),
        troubles=[*policies.troubles, *troubles],
        titles={one.name: one.origin.display_name for one in policies.constraints},
    )
    options = judging.Options(arguments.namespace, arguments.explain, arguments.jobs)
    judging.judge(manifests, policies, options, report, progress)
    formats.write(report, arguments.output, output.stdout())
    command.tell(report.troubles, report.skipped, policies.notes)
    return report.exit_code
