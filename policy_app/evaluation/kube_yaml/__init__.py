"""YAML as Kubernetes reads and writes it: values, and the place of every field, within bounds.

Built on libyaml's events, not on PyYAML's node trees: composing nodes recurses in C, and a file
of opening brackets would end the process.
"""

from __future__ import annotations
