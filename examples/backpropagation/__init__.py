"""Forward and back: the equations, their notations, and the same by loops, by matrices and by the engine."""
