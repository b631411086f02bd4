// What is measured: the items of a list, each once, in their order.
export const unique = (items) => [...new Set(items)]
