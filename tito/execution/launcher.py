"""Starts a kernel as ``python -m ipykernel_launcher`` does, without the debugger, whose import takes a sixth of it."""

import sys


def main() -> None:
    del sys.path[0]  # this file's folder; the kernel itself puts the folder that it works in there
    sys.modules["debugpy"] = None  # to an import: not installed, which ipykernel allows for
    import ipykernel.debugger  # noqa: F401

    del sys.modules["debugpy"]
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
