"""New projects, new components in a project, and the contracts, written without writing over."""
