"""The recogniser as a web page: draw a digit, or give it a picture."""
