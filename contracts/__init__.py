"""The published language: the facts that services exchange, and their shared vocabulary."""
