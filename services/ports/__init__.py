"""The register of SMS ports, and the orders and enquiries to carriers about numbers in it and outside it."""
