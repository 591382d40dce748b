"""Simulated partners: a token issuer, carriers, authorities, and scenario data. For the demonstration, tests and
partners.

No image of a service contains it, and no service trusts it unless configured to.
"""
