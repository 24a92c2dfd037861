"""The target, the connection and the findings that all checks share."""
