"""Counts a flock and says who is missing.

A flock is a set of names. In the evening the shepherd writes down who came through the gate, and this program
compares the two. It is what a shepherd does in the head, and slower.
"""

from collections import Counter


def missing(flock, at_gate):
    """Return the names that are in the flock and did not come through the gate, in order."""
    return sorted(set(flock) - set(at_gate))


def strangers(flock, at_gate):
    """Return the names that came through the gate and are not in the flock."""
    return sorted(set(at_gate) - set(flock))


def counted_twice(at_gate):
    """Return the names that went through the gate more than once, as lambs do."""
    return sorted(name for name, times in Counter(at_gate).items() if times > 1)


def report(flock, at_gate):
    """Say in one sentence how the evening count went."""
    gone = missing(flock, at_gate)
    if not gone:
        return f"All {len(flock)} are here."
    if len(gone) == 1:
        return f"One is missing: {gone[0]}. Take the lantern."
    return f"{len(gone)} are missing: {', '.join(gone)}."


if __name__ == "__main__":
    flock = ["Clover", "Thistle", "Button", "Hazel", "Juniper"]
    at_gate = ["Hazel", "Clover", "Button", "Clover", "Juniper"]
    print(report(flock, at_gate))
    for name in counted_twice(at_gate):
        print(f"{name} was counted twice.")
