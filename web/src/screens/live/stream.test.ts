// The live list: what is kept of the stream.
import { expect, test } from 'vitest'
import type { LivePage } from '@/api/live'
import { NOTHING, ROWS_MAX, sampling, take } from './stream'

function page(first: number, count: number, matched = count): LivePage {
  const steps = Array.from({ length: count }, (_, index) => ({
    position: first + index,
    person_id: 'p',
    at: first + index,
    sentences: [],
    notes: [],
  }))
  return { after: first + count, steps, matched, passed: matched }
}

test('the newest stands first, and nothing twice', () => {
  const shown = take(take(NOTHING, page(1, 2), false), page(2, 2), false)

  expect(shown.rows.map((row) => row.position)).toEqual([3, 2, 1])
})

test('what comes while paused is counted, and the list stays', () => {
  const before = take(NOTHING, page(1, 2), false)
  const paused = take(before, page(3, 2, 40), true)

  expect(paused.rows).toBe(before.rows)
  expect(paused.held).toBe(40)
})

test('the list does not grow without end', () => {
  const shown = take(NOTHING, page(1, ROWS_MAX + 50), false)

  expect(shown.rows.length).toBe(ROWS_MAX)
})

test('sampling says how many of how many are shown', () => {
  expect(sampling(take(NOTHING, page(1, 5, 60), false))).toEqual({ shown: 5, matched: 60 })
})
