"""Everything of torvyn-studio that runs without a terminal.

`runtime.session` is the way in; `runtime.model` holds the words every part shares.
"""
