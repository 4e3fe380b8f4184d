// What of the live stream is kept to be shown, as one pure reducer.
import type { LivePage } from '@/api/live'
import type { Told } from '@/api/types'

/** Rows on the screen: older ones go, the log has them. */
export const ROWS_MAX = 200
const RECENT_PAGES = 8

export type Shown = {
  /** Newest first. */
  rows: readonly Told[]
  /** How many of the last pages' steps were shown, and how many there were. */
  recent: readonly { shown: number; matched: number }[]
  /** Came in while paused. */
  held: number
}

export const NOTHING: Shown = { rows: [], recent: [], held: 0 }

export function take(shown: Shown, page: LivePage, isPaused: boolean): Shown {
  if (isPaused) return { ...shown, held: shown.held + page.matched }
  const fresh = [...page.steps].reverse()
  const known = new Set(shown.rows.map(keyOf))
  const rows = [...fresh.filter((step) => !known.has(keyOf(step))), ...shown.rows]
  const recent = [...shown.recent, { shown: page.steps.length, matched: page.matched }]
  return { rows: rows.slice(0, ROWS_MAX), recent: recent.slice(-RECENT_PAGES), held: 0 }
}

/** How many of the steps of the last seconds are on the screen. */
export function sampling(shown: Shown): { shown: number; matched: number } {
  const sum = { shown: 0, matched: 0 }
  for (const page of shown.recent) {
    sum.shown += page.shown
    sum.matched += page.matched
  }
  return sum
}

export function keyOf(step: Told): string {
  return `${step.position}-${step.person_id}`
}
