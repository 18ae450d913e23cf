"""`python -m cortex`: the command line, for a process that knows only its interpreter."""

from cortex.cli import main

if __name__ == "__main__":
    main()
