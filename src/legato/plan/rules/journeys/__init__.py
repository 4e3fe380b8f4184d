"""`journey:` read and checked: who comes in, the steps laid flat, and what they send."""
