"""The variables of a component, by the debug information (DWARF) that its build left in it."""
