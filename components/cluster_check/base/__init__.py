"""What every check looks at, through what, and what it hands back."""
