"""``policy-portal what-if``: what an assignment, or a change of one, would break."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policy_app.cli import environment
from policy_app.cli.arguments import (
    HelpFormatter,
    Subparsers,
    add_data_option,
    add_parameter_options,
    examples,
)
from policy_app.cli.failure import Failure

if TYPE_CHECKING:
    from policy_app.models import Cluster, Definition
    from policy_app.services.drafts import AssignmentDraft
    from policy_app.services.whatif import Impact

_ASSIGNMENT = "/providers/microsoft.authorization/policyassignments/"
_FAILS = {"deny": ("denied",), "warn": ("denied", "warned"), "never": ()}
_FAILS["audit"] = ("denied", "warned", "audited")


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "what-if",
        help="tell what an assignment would break before it is made",
        description="Evaluate an assignment that is not stored yet, or a change of one that is,"
        " against the objects of the portal's clusters, and tell what would newly be refused, what"
        " would be warned about, what would only be reported, and what mutators would change, by"
        " namespace and workload. Nothing is stored. gator has no word for it.",
        epilog=examples(
            (
                "an assignment of the portal, with audit turned into deny",
                "policy-portal what-if --set effect=deny \\\n"
                "    /subscriptions/…/providers/Microsoft.Authorization/policyAssignments/baseline",
            ),
            (
                "an initiative that nobody has assigned yet",
                "policy-portal what-if --definition a8640138-9b0a-4a28-b8cb-1666c838647d \\\n"
                "    --scope /subscriptions/… --set effect=deny",
            ),
            (
                "the body of a PUT, as REST and Terraform send it",
                "policy-portal what-if --scope /subscriptions/… --body assignment.json -o json",
            ),
            codes="0 nothing that --fail-on names, 1 something (or the portal refused the"
            " assignment),\n2 the input could not be read (or wrong usage)",
        ),
        formatter_class=HelpFormatter,
    )
    _add_subject(parser)
    add_parameter_options(parser)
    parser.add_argument(
        "--enforcement-mode",
        choices=("Default", "DoNotEnforce"),
        help="whether the effect is enforced, in the place of what the assignment says",
    )
    parser.add_argument(
        "--cluster", metavar="NAME", help="look at this cluster alone, by its name or full id"
    )
    parser.add_argument(
        "--fail-on",
        choices=sorted(_FAILS),
        default="deny",
        help="what ends with exit code 1: a new refusal, also a new warning, also a new report,"
        " or nothing (deny)",
    )
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="the form (text)"
    )
    add_data_option(parser)
    parser.set_defaults(run=run)


def _add_subject(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "assignment", nargs="?", metavar="ASSIGNMENT", help="the full id of a stored assignment"
    )
    parser.add_argument(
        "--definition",
        metavar="REF",
        help="a definition or an initiative to assign: its GUID, its full id or its exact title",
    )
    parser.add_argument("--scope", metavar="ID", help="where to assign it: a scope's full id")
    parser.add_argument(
        "--body", metavar="FILE", help="ARM's JSON of the assignment, instead of --definition"
    )


def run(arguments: argparse.Namespace) -> int:
    """Examine, print, and end with what ``--fail-on`` asks for."""
    _check_subject(arguments)
    environment.start(arguments.data)
    from policy_app.services import drafts, whatif

    with environment.told_in_words():
        draft = _draft(arguments)
        drafts.validate(draft)
        clusters = [_cluster(arguments.cluster)] if arguments.cluster else None
        impact = whatif.examine(draft, clusters=clusters)
        _print(impact, arguments.output)
    bad = sum(found.objects for name, found in impact.tallies.items() if name in _bad(arguments))
    return 1 if bad else 0


def _bad(arguments: argparse.Namespace) -> tuple[str, ...]:
    return _FAILS[arguments.fail_on]


def _check_subject(arguments: argparse.Namespace) -> None:
    given = [arguments.assignment, arguments.definition, arguments.body]
    if sum(one is not None for one in given) != 1:
        raise Failure(
            "name one thing: the id of a stored assignment, --definition REF, or --body FILE.",
            code=2,
        )
    if arguments.assignment is None and not arguments.scope:
        raise Failure("--scope ID is needed: where would it be assigned?", code=2)


def _draft(arguments: argparse.Namespace) -> AssignmentDraft:
    from dataclasses import replace

    draft = _start(arguments)
    parameters = {**draft.parameters, **_values(arguments, draft)}
    mode = arguments.enforcement_mode or draft.enforcement_mode
    return replace(draft, parameters=parameters, enforcement_mode=mode)


def _start(arguments: argparse.Namespace) -> AssignmentDraft:
    from policy_app.services import assignments, drafts, scopes

    if arguments.assignment is not None:
        scope_id, found, name = _split(arguments.assignment)
        if not found:
            raise Failure(f"{arguments.assignment} is no assignment's id.", code=2)
        return drafts.from_assignment(assignments.get(scopes.get(scope_id), name))
    scope = scopes.get(arguments.scope)
    if arguments.body is not None:
        body = _body(Path(arguments.body))
        return drafts.from_arm(scope, str(body.get("name") or "what-if"), body)
    definition = _definition(arguments.definition)
    return drafts.AssignmentDraft(scope, drafts.suggested_name(definition), definition)


def _split(arm_id: str) -> tuple[str, bool, str]:
    at = arm_id.lower().find(_ASSIGNMENT)
    return (
        (arm_id[:at], True, arm_id[at + len(_ASSIGNMENT) :].strip("/"))
        if at >= 0
        else ("", False, "")
    )


def _definition(reference: str) -> Definition:
    """The definition of this GUID, id or title.  Raises ``Failure``."""
    from django.db.models import Q

    from policy_app.models import Definition

    wanted = reference.strip()
    exact = Q(key=wanted.lower()) | Q(name__iexact=wanted) | Q(display_name__iexact=wanted)
    found = list(Definition.objects.filter(exact)[:3])
    if not found:
        raise Failure(f"the portal has no definition {reference!r}: give a GUID, an id or a title.")
    if len(found) > 1:
        ids = ", ".join(one.arm_id for one in found)
        raise Failure(f"several definitions are called {reference!r}: {ids}.")
    return found[0]


def _body(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Failure(f"{file}: the file cannot be read: {error.strerror}.", code=2) from None
    except UnicodeDecodeError:
        raise Failure(f"{file}: the file is not UTF-8 text.", code=2) from None
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}:{error.colno}"
        raise Failure(f"{where}: the file is not JSON: {error.msg}.", code=2) from None
    if not isinstance(value, dict):
        raise Failure(f"{file}: the file should hold one object, as a PUT sends it.", code=2)
    return value


def _values(arguments: argparse.Namespace, draft: AssignmentDraft) -> dict[str, Any]:
    """What ``--parameters`` and ``--set`` say, with the types of the definition's parameters."""
    from policy_app.cli.offline import values
    from policy_app.cli.offline.errors import TroubleError
    from policy_app.services import definitions

    specs = definitions.parse(
        definitions.version(draft.definition, draft.definition_version)
    ).parameters
    try:
        typed = values.read(Path(arguments.parameters)) if arguments.parameters else {}
        given = values.Values(typed, values.written(arguments.settings))
        strange = given.strangers([specs])
        if strange:
            raise TroubleError(strange[0])
        return given.for_parameters(specs)
    except TroubleError as error:
        raise Failure(str(error), code=2) from None


def _cluster(name: str) -> Cluster:
    from policy_app.cli import stored

    return stored.cluster(name)


def _print(impact: Impact, output: str) -> None:
    from policy_app.cli import what_if_text
    from policy_app.cli.offline.output import stdout
    from policy_app.services.whatif import shapes

    if output == "json":
        print(json.dumps(shapes.to_object(impact), indent=2, ensure_ascii=False), file=stdout())
    else:
        what_if_text.write(impact, stdout())
