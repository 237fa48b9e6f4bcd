"""Text-conditioned synthetic samples: a reconstruction of Txt2HSI-LDM(VAE)."""
