"""This project beside its peers, on the same rows, in one run: `make bench` writes RESULTS.md."""
