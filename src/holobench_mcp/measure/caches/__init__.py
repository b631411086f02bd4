"""What of a change's code outlives a call and answers the next one with the same arguments: caches, by what they do."""
