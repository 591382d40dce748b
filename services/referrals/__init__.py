"""Clues for the authorities that supervise the offenders: collected, sealed, handed over, and concluded."""
