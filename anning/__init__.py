"""The command line of Anning, the only place that knows the services by name."""
