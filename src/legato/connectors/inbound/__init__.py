"""What providers post to us, as data: a manifest says how a call is proven and what it tells.

`compile.compile_source` checks a manifest and compiles it once; `proof.fault_of` believes a call or
does not; `hear.hear_call` reads the events in it. `connectors/sources/` holds the manifests that
come with Legato.
"""

from __future__ import annotations
