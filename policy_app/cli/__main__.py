"""``python -m policy_app.cli``: the command line where no console script is installed."""

from __future__ import annotations

from policy_app.cli.main import console

if __name__ == "__main__":
    console()
