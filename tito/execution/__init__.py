"""Run a notebook end to end against one ``tinytorch``, the same way for a student's check and for a grade.

Bytes in, bytes out: ``run.execute`` takes a notebook and the files of a package, and touches nothing else.
"""
