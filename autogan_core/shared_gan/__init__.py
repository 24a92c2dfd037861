"""The shared GAN: weights that all architectures of a stage train, dynamic resetting, and candidates' rewards."""
