"""The command line of Anning, the only place that refers to the services by name."""
