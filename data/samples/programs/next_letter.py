"""The smallest language model there is: it counts which letter follows which.

Give it a text, and it makes a table. Give it a letter, and it throws dice for the next one.
"""

import math
import random
from collections import defaultdict


class NextLetter:
    """A model that looks back at exactly one letter."""

    def __init__(self):
        self.counts = defaultdict(lambda: defaultdict(int))

    def train(self, text):
        """Count every pair of neighbours in the text."""
        for here, after in zip(text, text[1:]):
            self.counts[here][after] += 1

    def chance(self, here, after):
        """How likely it is that one letter follows the other."""
        row = self.counts[here]
        total = sum(row.values())
        return row[after] / total if total else 0.0

    def loss(self, text):
        """The average surprise at each letter of a text."""
        surprises = []
        for here, after in zip(text, text[1:]):
            surprises.append(-math.log(max(self.chance(here, after), 1e-9)))
        return sum(surprises) / len(surprises)

    def write(self, start, length, seed=42):
        """Go on from a letter, throwing dice at every step."""
        dice = random.Random(seed)
        text = start
        while len(text) < length:
            row = self.counts[text[-1]]
            if not row:
                break
            text += dice.choices(list(row), weights=list(row.values()))[0]
        return text


if __name__ == "__main__":
    model = NextLetter()
    model.train("the sheep sleep on the steep hill and the shepherd keeps the sheep ")
    print(model.write("t", 60))
    print(f"loss {model.loss('the sheep sleep'):.2f}")
