// Package unique gives the items of a list, each once, in their order.
package unique

// Unique is what is measured.
func Unique(items []int) []int {
	found := []int{}
next:
	for _, item := range items {
		for _, other := range found {
			if item == other {
				continue next
			}
		}
		found = append(found, item)
	}
	return found
}
