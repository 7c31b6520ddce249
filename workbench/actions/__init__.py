"""Everything a user can do: one table behind the keys, the footer, the help and the palette."""
