"""One execution of a flow: an engine with its instances, live or repeating a recording."""
