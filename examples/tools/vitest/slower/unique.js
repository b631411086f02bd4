// What is measured: the items of a list, each once, in their order.
export const unique = (items) => items.filter((item, place) => items.indexOf(item) === place)
