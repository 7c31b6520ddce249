"""`/`: what is searched for, and what panes let be searched."""
