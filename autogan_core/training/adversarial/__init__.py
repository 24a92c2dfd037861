"""The engine: two networks that learn against each other."""
