"""TLS as all drivers have it: certificates are checked, and no password goes in the clear."""

from __future__ import annotations

import ssl

from legato.model.wire import Server
from legato.ports.sender import SendFault


def context_of(server: Server) -> ssl.SSLContext | None:
    """Return what proves the server, or None where nothing is encrypted. Raises SendFault.

    In a private network a password without TLS is the rule; over the internet it is a mistake.
    """
    if not server.is_encrypted:
        if server.password and not server.allow_private:
            what = "the password would travel in the clear; set `security` to tls"
            raise SendFault(what, is_in_doubt=False, is_permanent=True)
        return None
    try:
        return ssl.create_default_context(cadata=server.ca or None)
    except ssl.SSLError as error:
        what = "the setting `ca` holds no certificate in PEM"
        raise SendFault(what, is_in_doubt=False, is_permanent=True) from error
