// What certificates write as text, as an instant.
import type { Instant } from '@/api/types'

const MICROS_PER_MS = 1_000

export function instantOf(text: string): Instant {
  return Date.parse(text) * MICROS_PER_MS
}
