"""Files that are opened while the workbench runs."""
