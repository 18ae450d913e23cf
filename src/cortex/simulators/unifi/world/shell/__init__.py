"""What a device's command line prints, and what the commands that write do to the site.

Pure: a device, its site and the clock are given. How a command arrives is the business of `ssh`.
"""
