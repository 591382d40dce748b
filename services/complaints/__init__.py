"""The complaints service: what citizens complain of, and who answers for it."""
