"""JSON Schemas of the published language, for listeners that are not written in Python, and as the memory of what
was promised. Made by `make contracts`, never edited: a fact changes in its class, and only by optional fields.
"""
