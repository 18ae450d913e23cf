"""Tests of the catalogue of tools."""
