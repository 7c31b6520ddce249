"""What is done with the whole payload of an element: it is read, edited, copied."""
