"""TinyTorch: your own deep-learning framework. Each other file here is exported from a module notebook."""
