"""From the hand-written ``.py`` to nbgrader's ``source/`` and ``release/`` trees, refusing what would mislead."""
