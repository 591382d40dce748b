"""The HTTP side of every service: one request is one transaction, every refusal a documented problem."""
