"""How the controller writes its things down: the records the APIs and the websocket carry.

Rows hold what a real record holds, secrets included; keeping them from people is the reader's job.
"""
