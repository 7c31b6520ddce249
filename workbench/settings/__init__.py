"""What users set for themselves, and what is remembered of a project."""
