"""The database of the complaints service.

The lock order, which prevents deadlocks: complainants by fingerprint, surrogates by complainant and quarter, complaints
(new ones by channel and external id, others by id), reveals.
"""
