"""A made-up service to test the mechanism with: parcels that are sent, seen by a depot and counted on a board."""
