"""The Studio's own pages: sign in, here or at the provider; choose a password; who am I."""
