"""``tito`` inside a running notebook."""
