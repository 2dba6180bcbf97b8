"""Do the intervals of the designs hold the truth? One file and one table for each design."""
