// What is wrong, out of what the process says of itself. Pure, so that it can be tested.
import type { components } from '@/api/schema'
import type { Overview, Problem } from '@/api/types'
import type { Tone } from '@/kit/note'
import { count, sentence, title } from '@/words/format'
import { HOME } from '@/words/home'

export type Wrong = {
  key: string
  tone: Tone
  what: string
  why: string
  since?: number
  to?: string
}

export function wrongs(seen: Overview, problems: readonly Problem[]): Wrong[] {
  const found: Wrong[] = []
  const { status } = seen
  if (status.is_failing) {
    const why = status.faults.join(' ')
    found.push({ key: 'failing', tone: 'bad', what: HOME.failing, why })
  } else if (!status.is_ready) {
    const why = status.faults.join(' ')
    found.push({ key: 'not-ready', tone: 'bad', what: HOME.notReady, why })
  }
  if (problems.length > 0) {
    const what = HOME.problems(problems.length)
    const why = `${sentence(problems[0]?.what ?? '')}. ${HOME.problemsWhy}`
    found.push({ key: 'problems', tone: 'bad', what, why })
  }
  const alerted = new Set(seen.alerts.map((each) => each.reason.definition))
  for (const [name, lane] of Object.entries(seen.lanes)) {
    if (alerted.has(`destinations/${name}`)) continue // its alert says it, and since when
    if (lane.breaker === undefined || lane.breaker === 'closed') continue
    const why = HOME.laneWhy(count(Number(lane.waiting ?? 0)))
    const to = pageOf(`destinations/${name}`)
    found.push({ key: `lane-${name}`, tone: 'bad', what: HOME.lane(title(name)), why, to })
  }
  found.push(...seen.alerts.map((alert) => alertOf(alert, seen)))
  if (seen.paused.length > 0) {
    const what = HOME.paused(seen.paused.map(title).join(', '))
    found.push({ key: 'paused', tone: 'warn', what, why: HOME.pausedWhy })
  }
  return found
}

function alertOf(alert: Overview['alerts'][number], seen: Overview): Wrong {
  const [family, name = ''] = (alert.reason.definition ?? '').split('/')
  const lane = family === 'destinations' ? seen.lanes[name] : undefined
  const waiting = Number(lane?.waiting ?? 0)
  const resting = alert.journeys.map((each) => title(each.journey)).join(', ')
  const why = [waiting > 0 && HOME.laneWhy(count(waiting)), resting !== '' && HOME.rests(resting)]
  return {
    key: `${alert.topic}-${alert.since}-${alert.reason.code}`,
    tone: lane?.breaker === 'open' || lane?.breaker === 'probing' ? 'bad' : 'warn',
    what: sentence(alert.reason.what),
    why: why.filter(Boolean).join(' '),
    since: alert.since,
    to: pageOf(alert.reason.definition ?? ''),
  }
}

/** The page of what a reason names, as `destinations/mail`; undefined where there is none. */
function pageOf(definition: string): string | undefined {
  const [family, name] = definition.split('/')
  if (name === undefined || name === '') return undefined
  if (family === 'destinations' || family === 'sources') return `/connections/${definition}`
  if (family === 'journeys') return `/journeys/${name}`
  if (family === 'catalog') return `/dictionary/${encodeURIComponent(name)}`
  return undefined
}

/** The tone of the gravest of what is wrong. */
export function worst(found: readonly Wrong[]): Tone {
  if (found.length === 0) return 'ok'
  return found.some((each) => each.tone === 'bad') ? 'bad' : 'warn'
}

export type Day = { events: number; of: number; taken: number; half: number | null }

/** What came and went in the last day, off what is kept of it. */
export function dayOf(kept?: Kept): Day | undefined {
  if (kept === undefined) return undefined
  const named = new Map(kept.measures.map((each) => [each.name, each]))
  const delivery = named.get('delivery')
  const of = delivery?.of ?? 0
  return {
    events: named.get('freshness')?.of ?? 0,
    of,
    taken: Math.round(of * (delivery?.actual ?? 0)),
    half: named.get('latency')?.beside?.p50 ?? null,
  }
}

/** Why messages did not go, in words; what an older Legato has counted is known by its code. */
export function reasonOf(refusal: { code: string; what?: string }): string {
  return sentence(refusal.what || refusal.code.replace(/[._]/g, ' '))
}

export type StepName = keyof typeof HOME.steps

type Kept = { measures: readonly Pick<Measure, 'name' | 'actual' | 'of' | 'parts' | 'beside'>[] }
type Measure = components['schemas']['Measure']

/** The first things to do, and which of them are done: every one read off the process, and off
 * what it has kept (`kept`), since a restart undoes nothing. */
export function steps(seen: Overview, kept?: Kept): [StepName, boolean][] {
  const { status, activity } = seen
  const measures = kept?.measures ?? []
  const people = status.counts.people ?? 0
  const sent =
    activity.messages.some((each) => each.sent > 0) ||
    measures.some((each) => each.name === 'delivery' && (each.actual ?? 0) > 0)
  const goal =
    activity.journeys.some((each) => each.goals > 0) ||
    measures.some((each) => each.parts.some((part) => (part.goals ?? 0) > 0))
  return [
    ['plan', status.plan !== ''],
    ['event', people > 0 || measures.some((each) => each.name === 'freshness' && each.of > 0)],
    ['person', people > 0],
    ['sent', sent],
    ['goal', goal],
  ]
}
