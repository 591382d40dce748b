"""The mechanism on which every service is built. It contains no domain knowledge."""
