"""Answers as pieces of the web page: what a person reads, built where the words are."""
