"""The database of the complaints service.

The locking order: complainants by fingerprint, then complaints by id.
"""
