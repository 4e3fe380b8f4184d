"""Who is whom: identifiers lead to one profile; profiles are merged, joined and parted."""
