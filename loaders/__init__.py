"""Readers of real inventories: `read_<format>(path) -> Tables`, found by content."""
