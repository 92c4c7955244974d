"""An organisation as a file: taken in whole or not at all, and given out again."""
