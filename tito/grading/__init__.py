"""The road of a submission: ingest, graft, execute, check, record. Each step is a class named in nbgrader's config."""
