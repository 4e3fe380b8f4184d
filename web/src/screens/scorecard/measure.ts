// Figures as people read them: each by its own unit. Pure, so that it can be tested.
import type { components } from '@/api/schema'
import { count, share, span } from '@/words/format'
import { SCORECARD } from '@/words/scorecard'

export type Card = components['schemas']['Card']
export type Measure = components['schemas']['Measure']
export type Part = Measure['parts'][number]
export type Over = Card['over']

const MICROS = 1_000_000
const FINE = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 3 })

export function money(micros: number, currency: string): string {
  const value = micros / MICROS
  // A message costs a fraction of a cent: two figures of it say more than £0.00.
  const digits = value === 0 || value >= 1 ? 2 : Math.max(2, 1 - Math.floor(Math.log10(value)))
  return new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(value)
}

/** A value of a figure, in its unit. */
export function shown(name: Measure['name'], value: number | null, currency: string): string {
  if (value === null) return '–'
  switch (name) {
    case 'latency':
    case 'freshness':
      return span(value)
    case 'delivery':
      return share(value)
    case 'availability':
      return FINE.format(value)
    case 'event_cost':
    case 'journey_cost':
      return money(value, currency)
  }
}

/** How much a figure is of, in words. */
export function ofWords(measure: Measure): string {
  const size = measure.name === 'availability' ? span(measure.of) : count(measure.of)
  return SCORECARD.figures[measure.name].of(size)
}

/** What stands beside a figure: how sure it is, and other figures of the same. */
export function beside(measure: Measure, currency: string): string[] {
  const lines: string[] = []
  const { p50, p99, messages, infrastructure } = measure.beside ?? {}
  if (measure.low != null && measure.high != null) {
    lines.push(SCORECARD.sure(share(measure.low), share(measure.high)))
  }
  if (p50 !== undefined) lines.push(SCORECARD.halfWithin(span(p50)))
  if (p99 !== undefined) lines.push(SCORECARD.ninetyNine(span(p99)))
  if (messages !== undefined && infrastructure !== undefined) {
    lines.push(SCORECARD.messagesCost(money(messages, currency)))
    lines.push(SCORECARD.infrastructureCost(money(infrastructure, currency)))
  }
  return lines
}

export type StateName = keyof typeof SCORECARD.state

/** A figure's state as its chip says it. */
export function stateWord(measure: Measure): string {
  const state = stateOf(measure)
  return state === 'few' && measure.name === 'availability'
    ? SCORECARD.tooShort
    : SCORECARD.state[state]
}

/** A figure's state, in a word. One with a target but nothing counted is empty. */
export function stateOf(measure: Measure): StateName {
  if (measure.state !== 'none') return measure.state
  return measure.target === null || measure.of > 0 ? 'none' : 'empty'
}

/** The line at the head: which targets are missed, which nobody can tell of yet. */
export function verdict(measures: readonly Measure[]): {
  tone: 'ok' | 'bad' | 'quiet'
  head: string
  more: string
} {
  const named = (state: StateName) =>
    measures
      .filter((each) => each.target !== null && stateOf(each) === state)
      .map((each) => SCORECARD.figures[each.name].name.toLowerCase())
      .join(', ')
  const missed = named('missed')
  const open = [named('few'), named('empty')].filter(Boolean).join(', ')
  const more = open ? SCORECARD.openStill(open) : ''
  if (missed) return { tone: 'bad', head: SCORECARD.someMissed(missed), more }
  const met = measures.filter((each) => each.state === 'met').length
  if (met === 0) return { tone: 'quiet', head: more || SCORECARD.nothing, more: '' }
  return { tone: 'ok', head: SCORECARD.allMet(count(met)), more }
}

const [MINUTE, HOUR, DAY] = [60_000_000, 3_600_000_000, 86_400_000_000]
const STEPS = [1, 5, 10, 15, 30]
  .map((many) => many * MINUTE)
  .concat([1, 3, 6, 12].map((many) => many * HOUR))
  .concat([1, 2, 5, 10].map((many) => many * DAY))

/** Where the axis of time is marked: at round hours of the viewer's own clock. */
export function timeTicks(from: number, to: number, most: number): number[] {
  const step = STEPS.find((each) => (to - from) / each <= most) ?? 10 * DAY
  const offset = new Date(from / 1_000).getTimezoneOffset() * MINUTE
  const first = Math.ceil((from - offset) / step) * step + offset
  const ticks: number[] = []
  for (let at = first; at <= to; at += step) ticks.push(at)
  return ticks
}

const SLOTS_MIN = 10

/** From when on a trend is drawn: a young record does not lie in an empty field. */
export function beginOf(card: Card): number {
  const begun = Math.floor(card.begun / card.slot) * card.slot
  return Math.max(card.since, Math.min(begun, card.until - SLOTS_MIN * card.slot))
}
