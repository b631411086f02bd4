"""CI hosts: what a job knows of its pull request, which code to compare with, and the one comment it keeps there.

GitHub and GitLab differ in names and addresses, which stand in tables here; what is measured and decided, they share
with everything else.
"""
