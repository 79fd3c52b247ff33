"""``policy-portal token`` and ``sign-in-link``: what they print, and for whom."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cli.processes import COMMAND, ROOT, environment, run
from tests.starting_points import prepared


def test_an_unknown_user_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    ended = run("token", "--user", "nobody", "--data", str(prepared(tmp_path)))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "no active user 'nobody'; the users are: admin." in ended.stderr
    assert "policy-portal manage createsuperuser --username nobody" in ended.stderr


def test_two_tokens_made_at_once_in_an_empty_folder_both_come_out(tmp_path: Path) -> None:
    command = [*COMMAND, "token", "--user", "admin", "--data", str(tmp_path)]
    both = [
        subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    tokens = {out.decode().strip() for out, _ in said}
    assert len(tokens) == 2
    assert all(token.startswith("ppat_") for token in tokens)


def test_a_sign_in_link_carries_the_address_that_was_given(tmp_path: Path) -> None:
    made = run(
        *("sign-in-link", "--user", "admin", "--data", str(prepared(tmp_path))),
        *("--address", "https://policy.example.org/"),
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("https://policy.example.org/sign-in/pplink_")


def test_a_token_needs_a_user() -> None:
    ended = run("token")
    assert ended.returncode == 2
    assert "--user" in ended.stderr
