"""A portfolio: what a student has measured, collected into one page that they can publish.

Only what is on record as measured counts as reached. Nothing private goes in: no path, no machine, no notebook's text.
"""
