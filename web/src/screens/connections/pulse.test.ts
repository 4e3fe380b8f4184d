// What the chart of a destination draws.
import { expect, test } from 'vitest'
import { barsOf, type Beat, ceilingOf, total } from './pulse'

const MINUTE = 60_000_000
const NOW = 1_000 * MINUTE + 7

function beat(at: number, accepted: number, failed = 0): Beat {
  return { at, accepted, failed, p50_us: null, p99_us: null }
}

test('every minute has a bar, and the present one is the last', () => {
  const bars = barsOf([beat(1_000 * MINUTE, 3, 1), beat(990 * MINUTE, 2)], 'hour', NOW)

  expect(bars).toHaveLength(60)
  expect(bars.at(-1)).toEqual({ at: 1_000 * MINUTE, accepted: 3, failed: 1 })
  expect(bars.at(-11)?.accepted).toBe(2)
  expect(bars.filter((bar) => bar.accepted > 0)).toHaveLength(2)
})

test('what is older than the chart is not drawn', () => {
  expect(ceilingOf(barsOf([beat(900 * MINUTE, 500)], 'hour', NOW))).toBe(4)
})

test('no bar is higher than the upper edge, and the edge is a round figure', () => {
  for (const most of [1, 4, 5, 17, 99, 100, 101, 4_321]) {
    const edge = ceilingOf([{ at: 0, accepted: most, failed: 0 }])
    expect(edge).toBeGreaterThanOrEqual(most)
    expect(edge / 10 ** Math.floor(Math.log10(edge))).toBeOneOf([1, 2, 4, 5])
  }
})

test('totals are those of what is drawn', () => {
  expect(total([beat(0, 3, 1), beat(1, 4)])).toEqual({ accepted: 7, failed: 1 })
})
