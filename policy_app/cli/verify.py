"""``policy-portal verify``: run gator suites."""

from __future__ import annotations

import argparse
import os
import posixpath
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from policy_app.cli.arguments import HelpFormatter, Subparsers, add_cel_switch, examples
from policy_app.cli.failure import Failure

if TYPE_CHECKING:
    from policy_app.evaluation.gatekeeper.suites import CaseResult, Suite, SuiteResult, TestResult

_RECURSIVE = "/..."
_EXTENSIONS = (".yaml", ".yml")


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "verify",
        help="run suites of tests for templates and constraints (gator: verify)",
        description="Run gator suites (test.gatekeeper.sh/v1alpha1): each pairs a template with a"
        " constraint and asserts, object by object, how many violations there are and what they"
        " say. Files that hold something else are passed over. The last line is PASS or FAIL, the"
        " one before it counts the cases. gator's word for it: gator verify.",
        epilog=examples(
            ("one suite", "policy-portal verify suite.yaml"),
            ("every suite below a folder", "policy-portal verify library/..."),
            (
                "the cases named nginx of the tests named privileged, each case shown",
                "policy-portal verify library/... --run 'privileged//nginx' -v",
            ),
            (
                "templates in CEL and Rego, judged by their CEL as gator does",
                "policy-portal verify library/... --enable-k8s-native-validation",
            ),
            codes="0 every case passed, 1 one failed, a suite could not be read, or wrong usage:\n"
            "as with gator",
        ),
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "path",
        metavar="PATH",
        help="a suite, a folder with suites, or FOLDER/... with the folders below it",
    )
    parser.add_argument(
        "-r",
        "--run",
        dest="filter",
        default="",
        metavar="RE",
        help="only tests and cases with this in their name (RE2); TEST//CASE asks for both",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show what passed and what was skipped, too"
    )
    parser.add_argument(
        "-t",
        "--trace",
        action="store_true",
        help="for each case, show what was found and in which field, or why nothing was",
    )
    add_cel_switch(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """1 where anything failed.  ``Failure`` for a path or a filter that cannot be used."""
    from policy_app.cli.offline import compiled
    from policy_app.cli.offline.engines import engines
    from policy_app.evaluation.gatekeeper import suites

    compiled.use()
    results = []
    chosen_engines = engines(arguments.cel)
    try:
        chosen = suites.Filter.parse(arguments.filter)
        # As with gator, one suite that cannot be read keeps all from being run.
        for path, suite in [*_suites(arguments.path)]:
            for note in suite.notes:
                print(f"policy-portal verify: {note}", file=sys.stderr)
            result = suites.run(
                suite, _read, chosen, path, explain=arguments.trace, engines=chosen_engines
            )
            results.append(result)
            _print(_suite_lines(results[-1], arguments.verbose))
    except suites.SuiteError as error:
        raise Failure(str(error)) from None
    counts = ", ".join(
        f"{suites.count(results, outcome)} {outcome}" for outcome in ("passed", "failed", "skipped")
    )
    failed = any(result.failed for result in results)
    _print([counts, "FAIL" if failed else "PASS"])
    if failed:
        print("Error: FAIL", file=sys.stderr)
    return int(failed)


def _read(path: str) -> bytes:
    return Path(path).read_bytes()


def _suites(path: str) -> Iterator[tuple[str, Suite]]:
    """Each suite with the path to show, by path."""
    from policy_app.evaluation.gatekeeper import suites

    for file in sorted(_files(path)):
        try:
            text = Path(file).read_bytes()
        except OSError as error:
            raise Failure(f"{file} cannot be read: {error.strerror}") from None
        suite = suites.read_suite(Path(file).as_posix(), text)
        if suite is not None:
            yield file, suite


def _files(path: str) -> list[str]:
    recursive = path.endswith(_RECURSIVE) or path == _RECURSIVE[1:]
    folder = (path[: -len(_RECURSIVE)] or ("/" if path[0] == "/" else ".")) if recursive else path
    if os.path.isdir(folder):
        found = _below(folder) if recursive else os.listdir(folder)
        files = [posixpath.join(folder, name) for name in found if name.endswith(_EXTENSIONS)]
        return [file for file in files if os.path.isfile(file)]
    if not os.path.exists(folder):
        raise Failure(f"there is no file or folder {folder}")
    if recursive:
        raise Failure(f"{folder} is a file: only folders can be followed by /...")
    if not folder.endswith(_EXTENSIONS):
        raise Failure(f"{folder} is no suite: its name should end with .yaml or .yml")
    return [folder]


def _below(folder: str) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        inside = os.path.relpath(place, folder)
        yield from names if inside == "." else (posixpath.join(inside, name) for name in names)


def _print(lines: list[str]) -> None:
    print("\n".join(lines), flush=True)


def _suite_lines(suite: SuiteResult, verbose: bool) -> list[str]:
    lines = [line for test in suite.tests for line in _test_lines(test, verbose)]
    return [*lines, f"{'FAIL' if suite.failed else 'ok'}\t{suite.path}\t{_time(suite.seconds)}"]


def _test_lines(test: TestResult, verbose: bool) -> Iterator[str]:
    if verbose and test.skipped:
        yield f"=== SKIP  {test.name}"
        return
    if verbose:
        yield f"=== RUN   {test.name}"
    for case in test.cases:
        yield from _case_lines(case, verbose)
    if test.failed:
        yield f"--- FAIL: {test.name}\t({_time(test.seconds)})"
        yield from _indented(test.error, "  ")
    elif verbose:
        yield f"--- PASS: {test.name}\t({_time(test.seconds)})"


def _case_lines(case: CaseResult, verbose: bool) -> Iterator[str]:
    if verbose and case.skipped:
        yield f"    === SKIP  {case.name}"
        return
    if verbose:
        yield f"    === RUN   {case.name}"
    if case.error:
        yield f"    --- FAIL: {case.name}\t({_time(case.seconds)})"
        yield from _indented(case.error, "        ")
    elif verbose:
        yield f"    --- PASS: {case.name}\t({_time(case.seconds)})"
    yield from _trace_lines(case, verbose)


def _trace_lines(case: CaseResult, verbose: bool) -> Iterator[str]:
    prefix = "    --- " if verbose else ""
    for index, line in enumerate(case.trace):
        yield f"{prefix}{line}" if index else f"{prefix}TRACE: {case.name}\t{line}"


def _indented(text: str, by: str) -> list[str]:
    return [f"{by}{line}" for line in text.splitlines()]


def _time(seconds: float) -> str:
    return f"{seconds:.3f}s"
