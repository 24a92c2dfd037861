"""A first run on somebody's own images: what is there, what to do with it, and what that takes."""
