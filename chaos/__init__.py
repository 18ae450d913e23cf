"""Break things on purpose, by a seed, and keep a ledger of what became of every task.

The tasks are of a queue of their own, with a worker of their own (`worker`): the queue, the lease,
the execution layer and the bundled Redis are the ones that Cortex uses. Meanwhile another system
sends tasks (`letters`), which two activators and two masters answer (`company`).
"""
