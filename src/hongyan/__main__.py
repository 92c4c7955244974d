"""`python -m hongyan` is the command line."""

from hongyan.app.cli import main

main()
