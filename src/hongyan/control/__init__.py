"""Our own JSON interface below /hongyan/v1: everything an operator and the command line need."""
