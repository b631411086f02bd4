"""How results come in."""
