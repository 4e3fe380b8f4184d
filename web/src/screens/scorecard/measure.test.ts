// The scorecard: what the figures say in words.
import { expect, test } from 'vitest'
import { beside, type Measure, shown, stateOf, timeTicks, verdict } from './measure'

function measure(more: Partial<Measure>): Measure {
  return {
    name: 'delivery',
    target: 0.95,
    actual: null,
    state: 'none',
    of: 0,
    low: null,
    high: null,
    points: [],
    parts: [],
    beside: {},
    ...more,
  }
}

test('a figure is written in its own unit', () => {
  expect(shown('latency', 142_000, 'GBP')).toBe('142 ms')
  expect(shown('availability', 0.99942, 'GBP')).toBe('99.942%')
  expect(shown('event_cost', 310_000, 'GBP')).toBe('£0.31')
  expect(shown('journey_cost', 37, 'GBP')).toBe('£0.000037')
  expect(shown('delivery', null, 'GBP')).toBe('–')
})

test('a share of few says between what it lies', () => {
  const few = measure({ actual: 1, of: 3, state: 'few', low: 0.44, high: 1 })

  expect(beside(few, 'EUR')).toEqual(['95 % sure between 44% and 100%'])
  expect(stateOf(few)).toBe('few')
})

test('the head names what is off target first, then what nobody can tell yet', () => {
  const said = verdict([
    measure({ state: 'missed', of: 900 }),
    measure({ name: 'latency', state: 'met', of: 900 }),
    measure({ name: 'freshness' }),
    measure({ name: 'event_cost', target: null, of: 4 }),
  ])

  expect(said.tone).toBe('bad')
  expect(said.head).toBe('Off target: delivery success.')
  expect(said.more).toBe('Not enough yet to say: freshness of events.')
})

test('with nothing counted, no target is called met', () => {
  expect(verdict([measure({})]).tone).toBe('quiet')
})

test('time is marked at round hours', () => {
  const hour = 3_600_000_000
  const noon = Date.UTC(2026, 2, 2, 12, 7) * 1_000

  const ticks = timeTicks(noon, noon + 2 * hour, 7)

  expect(ticks.length).toBe(4)
  expect(ticks.every((at) => at % (hour / 2) === 0)).toBe(true)
})
