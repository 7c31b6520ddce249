"""Hot reload: watching, swapping and building components."""
