"""What stands in for the world outside: a token issuer, carriers that answer, a scenario. For demo, tests, partners.

Nothing of it is in a service's image, and no service trusts it unless it is told to.
"""
