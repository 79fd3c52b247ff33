"""CEL, the language of Kubernetes' own validations: compiled by a library, run within bounds.

``compile_expression(text, scope)`` gives a ``Compiled`` whose ``program.evaluate(names, budget)``
answers.  It knows nothing of Gatekeeper.  docs/cel.md says why and how.
"""
