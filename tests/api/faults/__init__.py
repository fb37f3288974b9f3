"""Faults injected into real servers: each says what was lost, and nothing saved may be."""
