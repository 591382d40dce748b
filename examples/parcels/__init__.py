"""The parcels service."""
