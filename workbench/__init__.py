"""The workbench: the Textual screen over a running session, and the command line."""
