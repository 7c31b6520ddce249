"""ctrl+p: everything with a name, found and done."""
