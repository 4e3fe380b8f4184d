// Numbers, instants and lengths of time as people write them. All in the viewer's own zone.
import type { Instant } from '@/api/types'

const MICROS_PER_MS = 1_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export function dateOf(at: Instant): Date {
  return new Date(at / MICROS_PER_MS)
}

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const SHORT = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
const DATE = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const DATE_THIS_YEAR = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const WEEKDAY = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
})
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const NUMBER = new Intl.NumberFormat()
const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

export const clock = (at: Instant) => TIME.format(dateOf(at))
export const hourAndMinute = (at: Instant) => SHORT.format(dateOf(at))
export const weekday = (at: Instant) => WEEKDAY.format(dateOf(at))
export const exact = (at: Instant) => EXACT.format(dateOf(at))
export const count = (value: number) => NUMBER.format(value)
export const share = (value: number) => PERCENT.format(value)

/** A date, with its year where that is another than this one. */
export function day(at: Instant, now: number = Date.now()): string {
  const date = dateOf(at)
  const isThisYear = date.getFullYear() === new Date(now).getFullYear()
  return (isThisYear ? DATE_THIS_YEAR : DATE).format(date)
}

/** `22 Nov, 08:10`. */
export function dayAndMinute(at: Instant): string {
  return `${day(at)}, ${hourAndMinute(at)}`
}

/** Today, yesterday, or nothing: what stands before a date. */
export function dayName(at: Instant, now: number = Date.now()): string {
  const days = Math.round((startOfDay(now) - startOfDay(at / MICROS_PER_MS)) / DAY)
  if (days === 0) return 'Today'
  return days === 1 ? 'Yesterday' : ''
}

/** `38 seconds ago`, `in 2 hours`. */
export function ago(at: Instant, now: number = Date.now()): string {
  const ms = at / MICROS_PER_MS - now
  const size = Math.abs(ms)
  if (size < MINUTE) return RELATIVE.format(Math.round(ms / 1_000), 'second')
  if (size < HOUR) return RELATIVE.format(Math.round(ms / MINUTE), 'minute')
  if (size < DAY) return RELATIVE.format(Math.round(ms / HOUR), 'hour')
  return RELATIVE.format(Math.round(ms / DAY), 'day')
}

/** A length of time in microseconds: `6 ms`, `1.4 s`, `2 min`. */
export function span(micros: number): string {
  const ms = micros / MICROS_PER_MS
  if (ms < 1) return `${count(Math.round(micros))} µs`
  if (ms < 1_000) return `${count(Math.round(ms))} ms`
  if (ms < MINUTE) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`
  return ms < DAY ? `${(ms / HOUR).toFixed(1)} h` : `${(ms / DAY).toFixed(1)} days`
}

/** Words that begin small, as a reason of the server's does, as a sentence of their own. */
export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Of something's name as written in a definition: `cart_rescue` is `Cart rescue`. */
export function title(name: string): string {
  const words = name.replaceAll('_', ' ').replace(/\b(sms|crm|id|url)\b/g, (it) => it.toUpperCase())
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The same inside a sentence: `by email`, `by SMS`. */
export function inline(name: string): string {
  const words = title(name)
  return /^[A-Z]{2}/.test(words) ? words : words.charAt(0).toLowerCase() + words.slice(1)
}

function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0)
}
