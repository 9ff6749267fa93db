"""What HTTP asks that is no page: the Action API, files, rows as files, and what connections may cost."""
