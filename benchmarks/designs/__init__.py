"""Whether the intervals of the designs hold the truth, in worlds that are made here."""
