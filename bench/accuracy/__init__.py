"""Accuracy beside peers and controls, on measured and on simulated scenes, over several seeds."""
