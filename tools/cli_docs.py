"""Write docs/cli.md from the commands' own help.

    .venv/bin/python tools/cli_docs.py

The tests of the documentation fail where the file is not what this writes.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "cli.md"
WIDTH = 100

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

INTRODUCTION = """\
# The command line

<!-- Written by tools/cli_docs.py from the commands' own help: change it there. -->

`make install` puts `policy-portal` into `.venv/bin`. Each command has `--help`, which answers at
once.

- For the portal: `serve`, `token`, `sign-in-link`, `manage`. They use the data folder: `--data`, or
  `POLICY_PORTAL_DATA`, or `.data` in the checkout. [configuration.md](configuration.md) lists the
  other settings.
- For files and pipelines: `test`, `verify`, `mutate`, `expand`, `export`, `explain`. They start no
  Django, read no database (but for an assignment that is asked for by its id) and contact nothing.

| `policy-portal` | `gator` | says |
|---|---|---|
| `test` | `gator test` | what policies would tell a cluster about manifests |
| `verify` | `gator verify` | whether templates decide as their suites assert |
| `expand` | `gator expand` | what workloads would make |
| `mutate` | | what mutations would change |
| `export` | | which objects of Gatekeeper a policy comes to |
| `explain` | | which policy and field a message means |
"""


def document() -> str:
    """The whole of docs/cli.md."""
    from policy_app.cli.main import parser

    sections = [
        "\n".join(_section(f"## policy-portal {name}", one)) for name, one in _inside(parser())
    ]
    return "\n".join([INTRODUCTION, *sections])


def _inside(parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser]]:
    """The subcommands of a command."""
    found = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    return [(name, one) for action in found for name, one in action.choices.items()]


def _section(title: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f"{title}\n"
    yield textwrap.fill(parser.description or "", WIDTH)
    yield ""
    rows = list(_rows(parser))
    if rows:
        yield from ("| option | |", "|---|---|", *rows, "")
    shown, _, codes = (parser.epilog or "").partition("exit codes: ")
    examples = textwrap.dedent(shown.removeprefix("examples:\n")).rstrip()
    if examples:
        yield from ("```console", examples, "```", "")
    if codes:
        yield textwrap.fill(f"Exit codes: {' '.join(codes.split())}.", WIDTH)
        yield ""
    for name, one in _inside(parser):
        yield from _section(f"#{title} {name}", one)


def _rows(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if (
            isinstance(action, (argparse._HelpAction, argparse._SubParsersAction))
            or not action.help
        ):
            continue
        names = ", ".join(f"`{one}`" for one in action.option_strings) or f"`{action.metavar}`"
        values = "|".join(map(str, action.choices or ()))
        metavar = values or (action.metavar if action.option_strings else "")
        takes = f" `{metavar}`".replace("|", "\\|") if metavar and action.nargs != 0 else ""
        yield f"| {names}{takes} | {action.help.replace('|', chr(92) + '|')} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
