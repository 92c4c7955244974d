"""Durable state: the interface, the queries, and the engines behind it."""
