"""The services: independent of each other, they meet in contracts only."""
