"""Tests that stop, kill and pause parts of a whole system."""
