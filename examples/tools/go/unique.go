// Package unique gives the items of a list, each once, in their order.
package unique

// Unique is what is measured.
func Unique(items []int) []int {
	known := map[int]bool{}
	found := []int{}
	for _, item := range items {
		if !known[item] {
			known[item] = true
			found = append(found, item)
		}
	}
	return found
}
