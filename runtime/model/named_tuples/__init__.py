"""Named tuples, made without a call of Python code."""
