"""The server over HTTP: who may ask, what a request may take of the machine, and how it starts and stops."""
