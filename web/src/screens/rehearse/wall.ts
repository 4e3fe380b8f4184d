// What the clock on a wall shows at an instant, where somebody of a story lives.
import type { Instant } from '@/api/types'
import { dateOf } from '@/words/format'

const WALLS = new Map<string, Intl.DateTimeFormat>()

/** `Mon 2 Mar 10:00`; without a zone, in UTC. */
export function wall(at: Instant, zone: string): string {
  return wallOf(zone).format(dateOf(at)).replace(',', '')
}

function wallOf(zone: string): Intl.DateTimeFormat {
  const known = WALLS.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone || 'UTC',
  })
  WALLS.set(zone, made)
  return made
}
