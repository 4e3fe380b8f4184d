"""The far edge, as data: a manifest says how a delivery becomes a request and what came of it.

`spec.compile_manifest` checks a manifest and compiles it once; `render.render` makes the request;
`classify.classify` reads the answer. `catalog/` holds the manifests that come with Legato.
"""

from __future__ import annotations
