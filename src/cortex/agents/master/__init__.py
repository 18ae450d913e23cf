"""The process `cortex-master`: hands escalations to agents, keeps queues healthy, tells people."""
