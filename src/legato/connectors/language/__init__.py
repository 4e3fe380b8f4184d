"""The language of manifests: values in YAML, expressions in JMESPath, functions from one registry.

`node.Compiler` compiles a value once to closures over a `frame.Frame`; nothing in it can loop,
write, call out or know the time.
"""

from __future__ import annotations
