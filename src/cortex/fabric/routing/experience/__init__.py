"""What memory decides: which wordings become routes, and when a route may answer.

Pure. What is stored and looked up is for `fabric.memory`; when it is asked, for the activator.
"""
