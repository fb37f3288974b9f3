"""Thin doors over the graph: command line, REST, web page."""
