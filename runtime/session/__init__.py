"""Sessions: a flow opened to be run, in this process or in a child process."""
