"""Times of building, grading and the command line, each as a ratio to a base measured in the same run."""
