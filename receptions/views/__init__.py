"""Pages of whistles, reception days, agenda and fund, one module a subject."""
