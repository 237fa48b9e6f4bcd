"""The dock: draw labels, see the map, correct it, without leaving the canvas."""
