"""Files that somebody named, and files of a project."""
