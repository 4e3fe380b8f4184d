"""The Studio as people have it: in a browser, against a started Legato."""
