"""Training the shared GAN, what it is trained on, and what that costs."""
