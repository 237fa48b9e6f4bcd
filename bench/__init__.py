"""Accuracy, time and memory of HSI FiLM, beside peers in the same run."""
