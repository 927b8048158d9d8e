"""One neuron and a few: what they decide, how they squash, and what one alone cannot do."""
