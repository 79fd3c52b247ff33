"""``policy-portal webhook-config``: what a real cluster needs to ask the portal about objects."""

from __future__ import annotations

import argparse
import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from policy_app.cli import environment
from policy_app.cli.arguments import (
    CODES,
    HelpFormatter,
    Subparsers,
    add_data_option,
    examples,
)
from policy_app.cli.clusters import add_server_option, authority_of, cluster_name, server_of
from policy_app.cli.failure import Failure
from policy_app.evaluation.gatekeeper.exemptions import (
    CONTROL_PLANE_LABEL,
    IGNORE_LABEL,
    NAME_LABEL,
    OWN_NAMESPACE,
    SUBRESOURCES,
)
from policy_app.evaluation.results import MUTATION_WEBHOOK, WEBHOOK

_NAME = "policy-portal"
_ALWAYS_EXEMPT = ("kube-system", OWN_NAMESPACE)
_POLICIES = ("Ignore", "Fail")
_MOST_SECONDS = 30


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "webhook-config",
        help="print the webhook configurations that put a real cluster under the portal's policies",
        description="Print a ValidatingWebhookConfiguration and a MutatingWebhookConfiguration for"
        " a real cluster, such as kind, k3s or an AKS cluster without the add-on: its API server"
        " then asks the portal about every object, under what is assigned to CLUSTER. A token"
        " stands in the addresses, so keep the output as you keep a password. The portal must"
        " be served over HTTPS, at an address that the API server reaches.",
        epilog=examples(
            (
                "govern the cluster that kubectl speaks to",
                "policy-portal webhook-config aks-demo --server https://policy.example.org"
                " | kubectl apply -f -",
            ),
            (
                "refuse objects while the portal cannot be reached",
                "policy-portal webhook-config aks-demo --failure-policy Fail",
            ),
            (
                "let the API server show a certificate, and keep tokens out of the addresses",
                "policy-portal webhook-config aks-demo --server https://policy.example.org:8443"
                " --client-certificate webhook-client.yaml | kubectl apply -f -",
            ),
            codes=CODES,
        ),
        formatter_class=HelpFormatter,
    )
    parser.add_argument("cluster", metavar="CLUSTER", help="the cluster's name in the portal")
    add_server_option(parser, "https://127.0.0.1:8000", "where the API server reaches the portal")
    parser.add_argument(
        "--failure-policy",
        choices=_POLICIES,
        default=_POLICIES[0],
        help="what happens to objects that the portal cannot decide in time (Ignore)",
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=3,
        metavar="SECONDS",
        help="how long the API server waits, 1 to 30 seconds (3)",
    )
    parser.add_argument(
        "--exempt-namespace",
        action="append",
        default=[],
        metavar="NAME",
        help="another namespace to leave alone, beside kube-system and gatekeeper-system",
    )
    parser.add_argument(
        "--new-token",
        action="store_true",
        help="make a new token; the configurations printed before stop working",
    )
    parser.add_argument(
        "--client-certificate",
        type=Path,
        metavar="FILE",
        help="write a kubeconfig with a new client certificate to FILE, for the API server's"
        " AdmissionConfiguration, and leave the token out of the addresses; the portal serves"
        " them with --client-certificates",
    )
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the configurations."""
    server = server_of(arguments.server)
    if not server.startswith("https:"):
        raise Failure(
            f"--server {arguments.server!r}: API servers call webhooks over HTTPS alone.\n"
            "  Start the portal with serve --tls, or name the proxy that ends TLS for it."
        )
    environment.start(arguments.data)
    from policy_app.services import setup
    from policy_app.services.cluster import lookup, webhooks

    with environment.told_in_words():
        setup.prepare()
        name = cluster_name(arguments.cluster)
        cluster = lookup.by_name(name)
        renewed = arguments.new_token
        environment.note("webhookTokens/write", f"clusters/{name}/webhookTokens")
        token = webhooks.renew_token(cluster) if renewed else webhooks.token_of(cluster)
    if arguments.client_certificate is not None:
        _write_client(arguments.client_certificate, server, name)
        token = ""
    print(_text(arguments, f"{server}/clusters/{quote(name)}/admission/v1", token), end="")
    return 0


def _write_client(file: Path, server: str, cluster: str) -> None:
    """The file that ``kubeConfigFile`` of a WebhookAdmissionConfiguration names."""
    import yaml
    from django.conf import settings

    from policy_app.cli import tls

    certificate, key = tls.client_pair(settings.DATA_DIR, f"api-server:{cluster}"[:64])
    user = {
        "client-certificate-data": base64.b64encode(certificate).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    # API servers look the user up by the host and port of the webhook's address.
    host = urlsplit(server).netloc
    hosts = [host] if urlsplit(server).port else [f"{host}:443", host]
    users = [{"name": one, "user": dict(user)} for one in hosts]
    config = {"apiVersion": "v1", "kind": "Config", "users": users}
    try:
        tls.write(file, yaml.safe_dump(config, sort_keys=False).encode())
    except OSError as error:
        raise Failure(f"--client-certificate {file}: {error.strerror or error}.") from error


def _text(arguments: argparse.Namespace, base: str, token: str) -> str:
    import yaml
    from django.conf import settings

    policy: str = arguments.failure_policy
    shared: dict[str, Any] = {
        "admissionReviewVersions": ["v1"],
        "failurePolicy": policy,
        "matchPolicy": "Exact",
        "namespaceSelector": {"matchExpressions": _selector(arguments.exempt_namespace)},
        "sideEffects": "None",
        "timeoutSeconds": arguments.timeout,
    }
    authority = authority_of(settings.DATA_DIR)

    def webhook(name: str, hook: str, resources: list[str]) -> dict[str, Any]:
        address = {"url": "/".join(filter(None, (base, hook, policy.lower(), token)))}
        client = address | ({"caBundle": authority} if authority else {})
        return {"name": name, "clientConfig": client, "rules": _rules(resources), **shared}

    validating = webhook(WEBHOOK, "validate", ["*", *_subresources()])
    mutating = webhook(MUTATION_WEBHOOK, "mutate", ["*"]) | {"reinvocationPolicy": "Never"}
    documents = [
        _configuration("ValidatingWebhookConfiguration", validating),
        _configuration("MutatingWebhookConfiguration", mutating),
    ]
    return yaml.safe_dump_all(documents, sort_keys=False)


def _configuration(kind: str, webhook: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": _NAME, "labels": {"app.kubernetes.io/managed-by": _NAME}},
        "webhooks": [webhook],
    }


def _selector(exempt: Iterable[str]) -> list[dict[str, Any]]:
    """The namespaces that are asked about: not those of the control plane, nor labelled ones."""
    absent = (IGNORE_LABEL, CONTROL_PLANE_LABEL)
    names = list(dict.fromkeys((*_ALWAYS_EXEMPT, *exempt)))
    return [
        *({"key": label, "operator": "DoesNotExist"} for label in absent),
        {"key": NAME_LABEL, "operator": "NotIn", "values": names},
    ]


def _rules(resources: list[str]) -> list[dict[str, Any]]:
    everything = ["*"]
    return [
        {
            "apiGroups": everything[:],
            "apiVersions": everything[:],
            "operations": ["CREATE", "UPDATE"],
            "resources": resources,
        }
    ]


def _subresources() -> list[str]:
    return sorted(f"{name}/{below}" for name, all_ in SUBRESOURCES.items() for below in all_)


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 1 to 30")
    return int(text)
