"""A sample class, and `make demo`: a whole term's road for milestone 1 in a scratch course directory."""
