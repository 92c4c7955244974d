"""What a command says when it cannot do what was asked."""


class CommandFailed(Exception):
    """Ends a command with one line on stderr and the exit code 1."""
