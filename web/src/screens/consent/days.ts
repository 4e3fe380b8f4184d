// Hours of the server as days of whoever looks: their own midnight parts them.
import type { components } from '@/api/schema'

export type Hour = components['schemas']['Hour']
export type Day = { at: number; withdrawn: number; granted: number }

const MICROS_PER_MS = 1_000

/** The last so many days, the oldest first, those without anything too. */
export function daysOf(hours: readonly Hour[], count: number, now: number): Day[] {
  const days: Day[] = []
  for (let back = count - 1; back >= 0; back--) {
    const midnight = new Date(now)
    midnight.setHours(0, 0, 0, 0)
    midnight.setDate(midnight.getDate() - back)
    days.push({ at: midnight.getTime() * MICROS_PER_MS, withdrawn: 0, granted: 0 })
  }
  for (const hour of hours) {
    const day = days.findLast((each) => each.at <= hour.at)
    if (day === undefined) continue
    day.withdrawn += hour.withdrawn
    day.granted += hour.granted
  }
  return days
}
