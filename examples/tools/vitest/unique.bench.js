import { bench, describe } from 'vitest'
import { unique } from './unique.js'

describe('unique', () => {
  for (const length of [10, 3000]) {
    const items = [...Array(2 * length).keys()].map((i) => i % length)
    bench(`of ${length}`, () => { unique(items) }, { time: 200 })
  }
})
