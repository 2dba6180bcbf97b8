"""Effects by design: from how the treatment came about, without a list of all confounders."""
