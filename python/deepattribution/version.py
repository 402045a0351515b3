"""The version of this package; the C library must be of the same one (library.py checks)."""

VERSION = "0.1.0"
