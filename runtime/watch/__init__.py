"""Watches files: says when an artifact, a source or the manifest is written to its end."""
