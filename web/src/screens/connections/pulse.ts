// What the chart of a destination draws, out of what ended there. Pure, so that it can be tested.
import type { components } from '@/api/schema'
import type { Instant } from '@/api/types'

export type Beat = components['schemas']['Beat']
export type Span = 'hour' | 'day'
export type Bar = { at: Instant; accepted: number; failed: number }

const MINUTE = 60_000_000
const STEP = { hour: MINUTE, day: 15 * MINUTE } as const
const COUNT = { hour: 60, day: 96 } as const

/** A bar for every stretch of time up to now, the empty ones too: the server leaves those out. */
export function barsOf(beats: readonly Beat[], span: Span, now: Instant): Bar[] {
  const step = STEP[span]
  const last = Math.floor(now / step) * step
  const known = new Map(beats.map((beat) => [beat.at, beat]))
  return Array.from({ length: COUNT[span] }, (_, index) => {
    const at = last - (COUNT[span] - 1 - index) * step
    const beat = known.get(at)
    return { at, accepted: beat?.accepted ?? 0, failed: beat?.failed ?? 0 }
  })
}

/** A round figure that no bar exceeds, for the upper edge of the chart. */
export function ceilingOf(bars: readonly Bar[]): number {
  const most = Math.max(0, ...bars.map((bar) => bar.accepted + bar.failed))
  if (most <= 4) return 4
  const scale = 10 ** Math.floor(Math.log10(most))
  const step = [1, 2, 5, 10].find((each) => each * scale >= most) ?? 10
  return step * scale
}

export function total(beats: readonly Beat[]): { accepted: number; failed: number } {
  return {
    accepted: beats.reduce((sum, beat) => sum + beat.accepted, 0),
    failed: beats.reduce((sum, beat) => sum + beat.failed, 0),
  }
}
