"""The verbs of the command line, a module each, by what they are about."""
