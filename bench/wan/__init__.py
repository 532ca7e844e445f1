"""The parts of bench/wan.py."""
