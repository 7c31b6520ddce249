"""Hot reload inside a session: changed files as proposals, swapped in between two calls."""
