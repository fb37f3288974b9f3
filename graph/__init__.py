"""The dependency graph and the questions about it. No files, no web."""
