"""The parts of bench/speed.py."""
