"""A linked flow and its snapshot as a drawing: pure functions, no Textual."""
