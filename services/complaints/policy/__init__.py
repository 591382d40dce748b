"""Pure decisions: facts and the parameters of rules in, a decision with its reasons out."""
