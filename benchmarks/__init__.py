"""Timings of the product on the machine at hand; never part of the tests."""
