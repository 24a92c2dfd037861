"""What lies in a folder or archive of images: which files, which splits, which labels."""
