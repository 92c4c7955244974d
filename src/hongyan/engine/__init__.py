"""Everything of one process that knows no HTTP, put together."""
