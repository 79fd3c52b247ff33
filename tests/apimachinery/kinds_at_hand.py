"""The kinds and schemas of one version of Kubernetes, and the way of an object through them."""

from __future__ import annotations

from typing import Any

import yaml

from policy_app.apimachinery import builtin, crds, decoding, defaults, validation
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.schemas import Schemas

SCHEMAS = Schemas.of_version("1.32")
KINDS = builtin.kinds("1.32")


def kind_of(api_version: str, kind: str) -> Kind:
    """A built-in kind."""
    found = KINDS.of(api_version, kind)
    assert found is not None
    return found


def read(text: str) -> Object:
    """An object, written as YAML."""
    thing: Object = yaml.safe_load(text)
    return thing


def complete(thing: Object, kind: Kind | None = None) -> Object:
    """An object as it was decoded, with its defaults."""
    of = kind or kind_of(thing["apiVersion"], thing["kind"])
    return defaults.with_defaults(of, decoding.decode(of, thing, SCHEMAS).object, SCHEMAS)


def faults(thing: Any, old: Any = None, kind: Kind | None = None) -> list[str]:
    """What is wrong with an object, as ``field: message``."""
    of = kind or kind_of(thing["apiVersion"], thing["kind"])
    before = complete(old, of) if old is not None else None
    found = validation.faults(of, complete(thing, of), before, SCHEMAS)
    return [f"{one.field}: {one.message}" for one in found]


CRON_TABS = read(
    """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: crontabs.example.com}
    spec:
      group: example.com
      scope: Namespaced
      names: {plural: crontabs, kind: CronTab, shortNames: [ct], categories: [all]}
      versions:
      - name: v1beta1
        served: true
        storage: false
        schema:
          openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
      - name: v1
        served: true
        storage: true
        subresources:
          status: {}
          scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
        additionalPrinterColumns:
        - {name: Replicas, type: integer, jsonPath: .spec.replicas, priority: 1}
        schema:
          openAPIV3Schema:
            type: object
            required: [spec]
            properties:
              spec:
                type: object
                required: [image]
                properties:
                  image: {type: string, minLength: 2, maxLength: 5}
                  schedule: {type: string, pattern: '^\\d+$', default: "5"}
                  replicas: {type: integer, minimum: 1, maximum: 10, default: 1}
                  ratio: {type: number, multipleOf: 0.5, exclusiveMinimum: true, minimum: 0}
                  mode: {type: string, enum: [fast, slow]}
                  port: {x-kubernetes-int-or-string: true}
                  note: {type: string, nullable: true}
                  word: {type: string}
                  free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                  pod:
                    type: object
                    x-kubernetes-embedded-resource: true
                    x-kubernetes-preserve-unknown-fields: true
                  tags:
                    type: array
                    items: {type: string}
                    x-kubernetes-list-type: set
                    minItems: 1
                    maxItems: 2
                  rules:
                    type: array
                    x-kubernetes-list-type: map
                    x-kubernetes-list-map-keys: [name]
                    items:
                      type: object
                      required: [name]
                      properties: {name: {type: string}, weight: {type: integer, default: 5}}
                  limits:
                    type: object
                    maxProperties: 1
                    additionalProperties:
                      type: object
                      properties: {cpu: {type: string, default: 1m}}
                  either:
                    type: object
                    properties: {a: {type: string}, b: {type: string}}
                    oneOf: [{required: [a]}, {required: [b]}]
                  when: {type: string, format: date-time}
              status: {type: object, properties: {replicas: {type: integer}}}
    """
)
CRON_TAB = next(one for one in crds.kinds_of(CRON_TABS) if one.version == "v1")


def cron_tab(**spec: Any) -> Object:
    """A CronTab with a spec; its image is there already."""
    return {
        "apiVersion": "example.com/v1",
        "kind": "CronTab",
        "metadata": {"name": "a"},
        "spec": {"image": "img", **spec},
    }
