"""Ask the REST API whatever its schema allows and whatever it does not: ``make fuzz``.

Starts the portal in an empty folder with ``--control``, resets it to the demo estate, and lets
schemathesis at every operation of its OpenAPI document until the time is over.  With
``--furnished`` requests name what is there (tools/fuzz_estate.py), and not whatever comes to mind.
Ends with 1 where an answer was a fault, or was not as the document says; the report is in
``build/fuzz``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFIGURATION = ROOT / "tools" / "schemathesis.toml"
REPORTS = ROOT / "build" / "fuzz"

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.cli.processes import portal, run  # noqa: E402 - found by the lines above
from tools import fuzz_estate  # noqa: E402


def main() -> int:
    """The exit code: 1 where something was found."""
    arguments = _arguments()
    REPORTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with portal(data, control=True, empty=True) as server:
            made = run("token", "--user", "admin", "--data", str(data))
            token = f"Bearer {made.stdout.strip()}"
            assert server.post("/_portal/reset", Authorization=token).status == 200
            if arguments.furnished:
                fuzz_estate.furnish(server.url, token)
            return _ask(arguments, server.url, token)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15, help="for how long (15)")
    parser.add_argument("--seed", type=int, default=1, help="makes the same requests again (1)")
    parser.add_argument("--furnished", action="store_true", help="name what is there")
    parser.add_argument("--program", default="schemathesis", help="where schemathesis is")
    return parser.parse_args()


def _configuration(furnished: bool) -> Path:
    """How schemathesis asks: the file as it is, or one that knows the names of what is there."""
    if not furnished:
        return CONFIGURATION
    known = "".join(f'"path.{part}" = "{name}"\n' for part, name in fuzz_estate.NAMES.items())
    written = REPORTS / CONFIGURATION.name
    text = CONFIGURATION.read_text(encoding="utf-8")
    written.write_text(text.replace("[parameters]\n", f"[parameters]\n{known}"), encoding="utf-8")
    return written


def _ask(arguments: argparse.Namespace, url: str, token: str) -> int:
    """Have schemathesis ask; its exit code."""
    configuration = _configuration(arguments.furnished)
    return subprocess.run(
        [
            *(arguments.program, "--config-file", str(configuration)),
            *("run", f"{url}/schema?format=json"),
            *("--header", f"Authorization: {token}"),
            *("--max-time", str(int(60 * arguments.minutes)), "--seed", str(arguments.seed)),
            *("--continue-on-failure", "--suppress-health-check", "all"),
            *("--report", "junit", "--report-junit-path", str(REPORTS / "report.xml")),
        ],
        cwd=REPORTS,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
