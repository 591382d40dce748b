"""A minimal service for tests of the chassis: parcels, a count of their arrivals, and a board with their last stops."""
