"""What a component file is: its contract, what it imports and exports, its stack and failures."""
