"""Tests of what ends a timer before its moment."""
