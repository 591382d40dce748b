"""The published language: the facts that services exchange and the words they share."""
