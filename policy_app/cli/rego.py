"""``policy-portal rego``: ask a query of policies, or check that they compile."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import TYPE_CHECKING, Any

from policy_app.cli.arguments import HelpFormatter, Subparsers, examples

if TYPE_CHECKING:
    from policy_app.cli.rego_files import Documents
    from policy_app.evaluation.rego import RegoError
    from policy_app.evaluation.rego.explain import Explanation
    from policy_app.evaluation.rego.program import Program

_PATH = re.compile(r"data(\.[A-Za-z_][A-Za-z0-9_]*)+")


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "rego",
        help="ask a query of Rego policies, or check them",
        description="Run the portal's own Rego engine on files; docs/rego.md says what it"
        " understands. gator has no word for it: opa eval and opa check do.",
        epilog=examples(
            (
                "what a template says about a request",
                "policy-portal rego eval -d template.yaml -i review.json data.k8spsp.violation",
            ),
            ("whether policies compile", "policy-portal rego check policies/"),
            codes="0 done, 1 a file, the query or the input is wrong, 2 wrong usage",
        ),
        formatter_class=HelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add_eval(actions)
    _add_check(actions)
    parser.set_defaults(run=run)


def _add_eval(actions: Subparsers) -> None:
    parser = actions.add_parser(
        "eval",
        help="answer a query as JSON",
        description="Answer a query as JSON on standard output; {} where it is undefined.",
    )
    parser.add_argument("query", metavar="QUERY", help="such as data.k8s.violation")
    parser.add_argument(
        "-d",
        "--data",
        dest="files",
        metavar="FILE",
        action="append",
        default=[],
        help="a .rego module, a ConstraintTemplate, a JSON or YAML data document, or a folder",
    )
    parser.add_argument("-i", "--input", metavar="FILE", help="the input, as JSON or YAML")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="say which line gave each value, and which fields of the input it looked at",
    )
    parser.add_argument(
        "--strict-builtin-errors",
        action="store_true",
        help="make an error of a builtin an error of the query",
    )
    _add_version(parser)


def _add_check(actions: Subparsers) -> None:
    parser = actions.add_parser(
        "check",
        help="compile policies and report the first error of each file",
        description="Compile .rego modules together and each ConstraintTemplate by itself.",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="modules, templates or folders")
    _add_version(parser)


def _add_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--v1-compatible",
        dest="version",
        action="store_const",
        const="v1",
        default="v0",
        help="read .rego modules with the syntax of Rego v1",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do it; 1 where a file, the query or the input is wrong."""
    from policy_app.evaluation.rego import RegoError

    try:
        return _eval(arguments) if arguments.action == "eval" else _check(arguments)
    except RegoError as error:
        _report(error)
    return 1


def _eval(arguments: argparse.Namespace) -> int:
    from policy_app.cli import rego_files
    from policy_app.evaluation.rego import RegoError
    from policy_app.evaluation.rego.program import Options

    documents = rego_files.read(arguments.files)
    options = Options(strict=arguments.strict_builtin_errors)
    asked: dict[str, Any] = {"data": documents.data, "options": options}
    if arguments.input is not None:
        asked["input"] = rego_files.read_input(arguments.input)
    try:
        program = documents.compile(arguments.version)
        if arguments.explain:
            answer = _explained(program, documents, arguments.query, asked)
        else:
            answer = _answered(program, arguments.query, asked)
    except RegoError as error:
        raise documents.placed(error) from None
    json.dump(answer, sys.stdout, indent=2, ensure_ascii=False)
    print()
    return 0


def _answered(program: Program, query: str, asked: dict[str, Any]) -> Any:
    results = [
        {
            "expressions": [
                {
                    "value": expression.value,
                    "text": expression.text,
                    "location": {"row": expression.line, "col": expression.column},
                }
                for expression in result.expressions
            ],
            **({"bindings": result.bindings} if result.bindings else {}),
        }
        for result in program.eval_query(query, **asked)
    ]
    return {"result": results} if results else {}


def _explained(program: Program, documents: Documents, query: str, asked: dict[str, Any]) -> Any:
    from policy_app.evaluation.rego import RegoError, Undefined

    if not _PATH.fullmatch(query):
        message = "--explain takes the path of a rule, such as data.k8s.violation"
        raise RegoError(message, code="rego_parse_error", file="query", line=1)
    try:
        found = program.explain(query, **asked)
    except Undefined:
        return {}
    return {"result": [_explanation(documents, item) for item in found]}


def _explanation(documents: Documents, item: Explanation) -> dict[str, Any]:
    return {
        "value": item.value,
        "rule": item.rule,
        "location": documents.place(item.file, item.line),
        "input": [
            {"path": read.field, **({"missing": True} if read.missing else {"value": read.value})}
            for read in item.reads
        ],
    }


def _check(arguments: argparse.Namespace) -> int:
    from policy_app.cli import rego_files
    from policy_app.evaluation.rego import RegoError

    documents = rego_files.read(arguments.files)
    if not documents.modules:
        print("policy-portal rego: no Rego in these files", file=sys.stderr)
        return 1
    wrong = 0
    for part in _separate(documents):
        try:
            part.compile(arguments.version)
        except RegoError as error:
            _report(part.placed(error))
            wrong += 1
    return 1 if wrong else 0


def _separate(documents: Documents) -> list[Documents]:
    """Templates are worlds of their own; modules are one together."""
    from policy_app.cli.rego_files import Documents as Group

    groups: dict[str, list[Any]] = {}
    for module in documents.modules:
        groups.setdefault("" if module.line == 0 else module.file, []).append(module)
    return [Group(tuple(modules), documents.data) for modules in groups.values()]


def _report(error: RegoError) -> None:
    """The error as OPA prints it: where, what, and the line with a mark below the column."""
    parts = [error.file, error.line or "", error.column or ""]
    where = ":".join(str(part) for part in parts if part)
    print(f"{where}: {error.code}: {error.message}".lstrip(": "), file=sys.stderr)
    if error.text:
        indent = len(error.text) - len(error.text.lstrip())
        print(f"\t{error.text.strip()}", file=sys.stderr)
        print("\t" + " " * max(0, error.column - 1 - indent) + "^", file=sys.stderr)
