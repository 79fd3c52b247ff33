"""``policy-portal kubeconfig``: a file with which kubectl works on a simulated cluster at once."""

from __future__ import annotations

import argparse
from urllib.parse import quote, urlsplit, urlunsplit

from policy_app.cli import environment
from policy_app.cli.arguments import (
    CODES,
    HelpFormatter,
    Subparsers,
    add_data_option,
    examples,
)
from policy_app.cli.clusters import add_server_option, authority_of, cluster_name, server_of


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "kubeconfig",
        help="print a kubeconfig for a simulated cluster",
        description="Print a kubeconfig for kubectl, with a new token of the user in it. Over"
        " HTTPS (serve --tls) it is a bearer token, and the portal's own authority is trusted."
        " kubectl sends no bearer token over plain HTTP, so there the user and the token stand in"
        " the server's address.",
        epilog=examples(
            (
                "look around in the demo cluster",
                "policy-portal kubeconfig aks-demo > aks-demo.yaml\n"
                "kubectl --kubeconfig aks-demo.yaml get pods --all-namespaces",
            ),
            (
                "a portal elsewhere",
                "policy-portal kubeconfig aks-demo --server https://policy.example.org",
            ),
            codes=CODES,
        ),
        formatter_class=HelpFormatter,
    )
    parser.add_argument("cluster", metavar="CLUSTER", help="the cluster's name")
    add_server_option(parser, "http://127.0.0.1:8000", "where the portal is reached")
    parser.add_argument(
        "--user", default="admin", metavar="NAME", help="whom the token acts for (admin)"
    )
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the token and print the file."""
    server = server_of(arguments.server)
    environment.start(arguments.data)
    from policy_app.services import access, setup

    with environment.told_in_words():
        setup.prepare()
        name = cluster_name(arguments.cluster)
        user = environment.active_user(arguments.user)
        environment.note("tokens/write", f"users/{user}/tokens")
        token = access.new_token(user, f"kubeconfig of {name}")
        print(_text(name, f"{server}/clusters/{quote(name)}", user.get_username(), token), end="")
    return 0


def _text(cluster: str, server: str, user: str, token: str) -> str:
    import yaml
    from django.conf import settings

    secure = server.startswith("https:")
    address: dict[str, str] = {"server": server if secure else _with_identity(server, user, token)}
    authority = authority_of(settings.DATA_DIR) if secure else ""
    if authority:
        address["certificate-authority-data"] = authority
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": address}],
        "users": [{"name": user, "user": {"token": token} if secure else {}}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": user}}],
        "current-context": cluster,
    }
    return yaml.safe_dump(config, sort_keys=False)


def _with_identity(server: str, user: str, token: str) -> str:
    parts = urlsplit(server)
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{token}@{parts.netloc}"))
