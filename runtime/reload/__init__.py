"""Hot reload: watching, swapping and building components.

`watch` tells when a file's new content is complete, `settle` decides it, `verdicts` remembers
which contents were refused, `build` makes components from their sources.
"""
