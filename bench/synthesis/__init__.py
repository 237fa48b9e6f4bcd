"""Whether synthetic samples help, beside the cheap remedies against rare classes."""
