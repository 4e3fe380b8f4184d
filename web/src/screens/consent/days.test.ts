// Days are those of whoever looks, and nothing that was said is lost between two of them.
import { describe, expect, it } from 'vitest'
import { daysOf } from './days'

const NOW = new Date(2026, 2, 14, 15, 30).getTime()
const hour = (day: number, at: number, withdrawn: number) => ({
  at: new Date(2026, 2, day, at).getTime() * 1_000,
  withdrawn,
  granted: 1,
})

describe('daysOf', () => {
  it('gives every day, the empty ones too', () => {
    const days = daysOf([], 14, NOW)
    expect(days).toHaveLength(14)
    expect(new Date((days[0]?.at ?? 0) / 1_000).getDate()).toBe(1)
    expect(days.every((day) => day.withdrawn === 0)).toBe(true)
  })

  it('puts an hour on the day on which it was, midnight included', () => {
    const days = daysOf([hour(13, 23, 2), hour(14, 0, 3), hour(14, 15, 4)], 14, NOW)
    expect(days.slice(-2).map((day) => [day.withdrawn, day.granted])).toEqual([
      [2, 1],
      [7, 2],
    ])
  })

  it('leaves out what was before the first of them', () => {
    expect(daysOf([hour(1, 1, 5)], 3, NOW).some((day) => day.withdrawn > 0)).toBe(false)
  })
})
