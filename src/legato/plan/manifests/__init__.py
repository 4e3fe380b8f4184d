"""Manifests of connectors that a workspace brings along."""
