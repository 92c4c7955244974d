"""Puts everything together: settings, the server, the command line."""
