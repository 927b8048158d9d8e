"""Functions of whole layers, which may draw random numbers: dropout, recurrent networks, attention."""
