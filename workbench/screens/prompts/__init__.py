"""What is typed into the line at the foot of the screen: searches and commands."""
