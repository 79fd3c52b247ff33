"""Compile the policies that come with the portal, and keep them for the commands that follow.

``make install`` runs this: the first command of a new checkout should be as quick as any other.
What cannot be kept or compiled is left for later, where somebody can be told about it.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policy_app.catalog.shelf import FIXTURES
from policy_app.cli.offline import compiled
from policy_app.evaluation.gatekeeper.errors import TemplateError
from policy_app.evaluation.language.installation import parsed_template


def main() -> None:
    """Compile each template once."""
    compiled.use()
    for file in sorted((FIXTURES / "templates").rglob("template.yaml")):
        with contextlib.suppress(TemplateError, OSError):
            template = parsed_template(file.read_text(encoding="utf-8"))
            template.compile()
            # Found out once, and kept beside the program.
            _ = template.inventory_kinds


if __name__ == "__main__":
    main()
