"""Speed and memory of Cortex against their goals; `python -m benchmarks` measures all."""
