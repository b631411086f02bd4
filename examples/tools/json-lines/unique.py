"""What is measured: the items of a list, each once, in their order."""


def unique(items: list[int]) -> list[int]:
    return list(dict.fromkeys(items))
