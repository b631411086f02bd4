"""What is measured: the items of a list, each once, in their order."""


def unique(items: list[int]) -> list[int]:
    found: list[int] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
