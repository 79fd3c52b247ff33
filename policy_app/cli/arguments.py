"""What several subcommands have in their arguments."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn, TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[Parser]"

CLUSTER_TYPES = ("managedClusters", "connectedClusters")
"""As ``az`` calls them, too."""

EXAMPLES = "examples:"
EXIT_CODES = "exit codes:"
CODES = "0 done, 1 refused or failed (the reason is on stderr), 2 wrong usage"


_TRUE = ("true", "True", "TRUE", "t", "T", "1")
_FALSE = ("false", "False", "FALSE", "f", "F", "0")
_CEL_SWITCH = "--enable-k8s-native-validation"


class Parser(argparse.ArgumentParser):
    """A parser that ends wrong usage with an exit code of its own."""

    usage_code = 2
    switches: tuple[str, ...] = ()
    """Options that stand for true by themselves, and take false after ``=`` alone.

    As with gator, what stands behind them after a space is no value of theirs.
    """

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """The arguments, as ``argparse`` reads them."""
        given = list(sys.argv[1:] if args is None else args)
        end = given.index("--") if "--" in given else len(given)
        for number in range(end):
            if given[number] in self.switches:
                given[number] += "=true"
        return super().parse_known_args(given, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        self.print_usage(sys.stderr)
        self.exit(self.usage_code, f"{self.prog}: error: {message}\n")


class HelpFormatter(argparse.HelpFormatter):
    """Wraps what a command is for, and leaves its examples as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith(EXAMPLES):
            return text
        return super()._fill_text(text, width, indent)


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``."""
    parser.add_argument(
        "--data",
        metavar="DIR",
        help="the folder for the database and the signing key (default: POLICY_PORTAL_DATA,"
        " or .data in the checkout)",
    )


def add_user_option(parser: argparse.ArgumentParser, help_text: str) -> None:
    """Add ``--user``, which must be given."""
    parser.add_argument("--user", required=True, metavar="NAME", help=help_text)


def port(text: str) -> int:
    """A TCP port, for argparse's ``type``."""
    if text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")


def switch(text: str) -> bool:
    """``true`` or ``false``, as Go's flags write them, for argparse's ``type``."""
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")


def count(text: str) -> int:
    """A number from 1, for argparse's ``type``."""
    if text.isdigit() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")


def add_file_option(parser: argparse.ArgumentParser) -> None:
    """Add ``-f``, which must be given."""
    parser.add_argument(
        "-f",
        "--filename",
        dest="files",
        action="append",
        required=True,
        metavar="PATH",
        help="a manifest, a folder with manifests at any depth, or - for standard input;"
        " may be given several times",
    )


def add_namespace_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--namespace``."""
    parser.add_argument(
        "-n",
        "--namespace",
        default="default",
        metavar="NS",
        help="where objects go that name no namespace (default)",
    )


def add_policy_options(parser: argparse.ArgumentParser) -> None:
    """Add what names policies, and ``--parameters`` and ``--set``."""
    for kind, title in (("definition", "a policy definition"), ("initiative", "an initiative")):
        parser.add_argument(
            f"--{kind}",
            dest=f"{kind}s",
            action="append",
            default=[],
            metavar="REF",
            help=f"{title}: its GUID, its full id, its exact title, or a file of ARM's JSON;"
            " REF@6.*.* takes the newest version that fits; may be given several times",
        )
    parser.add_argument(
        "--constraints",
        action="append",
        default=[],
        metavar="PATH",
        help="a file or folder with constraint templates and constraints of Gatekeeper;"
        " may be given several times",
    )
    add_parameter_options(parser)
    add_cluster_type_option(parser)
    add_allow_host_option(parser)


def add_cel_switch(parser: Parser) -> None:
    """Add ``--enable-k8s-native-validation``."""
    parser.switches = (*parser.switches, _CEL_SWITCH)
    parser.add_argument(
        _CEL_SWITCH,
        dest="cel",
        type=switch,
        nargs="?",
        metavar="true|false",
        help="by itself or =true: of templates in CEL and Rego, run the CEL, as gator does unasked;"
        " =false: know no CEL at all; without it, Rego runs where there is any, and CEL where"
        " there is none",
    )


def add_cluster_type_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--cluster-type``."""
    parser.add_argument(
        "--cluster-type",
        choices=CLUSTER_TYPES,
        default=CLUSTER_TYPES[0],
        help="what the cluster is to Azure, since some policies are for one kind alone:"
        " managedClusters for AKS, connectedClusters for Arc (managedClusters)",
    )


def add_allow_host_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--allow-host``."""
    parser.add_argument(
        "--allow-host",
        dest="allowed_hosts",
        action="append",
        default=[],
        metavar="HOST",
        help="a host that templates may be fetched from, over https, where a definition names a"
        " URL that does not come with the portal (none); may be given several times",
    )


def add_parameter_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--parameters`` and ``--set``."""
    parser.add_argument(
        "--parameters",
        metavar="FILE",
        help='values for parameters, as JSON or YAML: {"name": value} or ARM\'s'
        ' {"name": {"value": value}}; what has none takes its default',
    )
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value for one parameter, before that of the file; lists, objects, numbers and"
        " booleans are written as JSON; may be given several times",
    )


def examples(*shown: tuple[str, str], codes: str) -> str:
    """The end of a command's help: what it can be used for, line by line, and its exit codes."""
    lines = [f"  # {purpose}\n  {command}" for purpose, command in shown]
    return "\n".join([EXAMPLES, *lines, "", f"{EXIT_CODES} {codes}"])
