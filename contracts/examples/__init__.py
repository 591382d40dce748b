"""One record of every event type, and every one that was ever published: what listeners must be able to read for ever.

Made by `make contracts` from `records`, never edited. A record that changes becomes the next number; the old ones stay.
"""
