package unique

import (
	"fmt"
	"testing"
)

func BenchmarkUnique(b *testing.B) {
	for _, length := range []int{10, 3000} {
		items := make([]int, 2*length)
		for i := range items {
			items[i] = i % length
		}
		b.Run(fmt.Sprintf("length=%d", length), func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				Unique(items)
			}
		})
	}
}
