// The health line: what it says of what it has, and when that is old.
import { expect, test } from 'vitest'
import type { Overview } from '@/api/types'
import { seenHealth } from './vitals'

const SEEN = {
  status: { is_failing: false, is_ready: true, latency_p50_us: 142_000 },
  activity: { messages: [{ sent: 978, failed: 22 }] },
} as unknown as Overview

test('it says how quick and how much arrives', () => {
  expect(seenHealth({ data: SEEN, isError: false, dataUpdatedAt: 0 })).toEqual({
    state: 'ok',
    words: '142 ms · 97.8% delivered',
  })
})

test('what was seen last stays when nothing answers, and says as of when', () => {
  const at = new Date(2026, 2, 2, 10, 41).getTime()

  const health = seenHealth({ data: SEEN, isError: true, dataUpdatedAt: at })

  expect(health).toEqual({ state: 'bad', words: '142 ms · 97.8% delivered, as of 10:41' })
})

test('without anything seen it says that nothing answers', () => {
  const health = seenHealth({ data: undefined, isError: true, dataUpdatedAt: 0 })

  expect(health.words).toBe('no answer')
})
