"""The shared evaluation module: pure Python that decides, with no Django and no I/O.

Every door (pages, REST, admission, command line) reaches a decision through here, so that
all of them decide alike.  Its rooms stand on each other in this order:

``rego``        compiles Rego modules to programs
``gatekeeper``  constraint templates, constraints, match, review: Gatekeeper without Azure
``language``    Azure's definitions, parameters and effects, turned into constraints

``manifests`` reads what people upload, ``results`` is what every door renders.
"""
