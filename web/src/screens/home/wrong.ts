// What is wrong, out of what the process says of itself. Pure, so that it can be tested.
import type { Overview, Problem } from '@/api/types'
import type { Tone } from '@/kit/note'
import { count, title } from '@/words/format'
import { HOME } from '@/words/home'

export type Wrong = { key: string; tone: Tone; what: string; why: string; since?: number }

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
    const why = `${problems[0]?.what ?? ''} ${HOME.problemsWhy}`
    found.push({ key: 'problems', tone: 'bad', what, why })
  }
  for (const [name, lane] of Object.entries(seen.lanes)) {
    if (lane.breaker === undefined || lane.breaker === 'closed') continue
    const why = HOME.laneWhy(count(Number(lane.waiting ?? 0)))
    found.push({ key: `lane-${name}`, tone: 'bad', what: HOME.lane(title(name)), why })
  }
  for (const alert of seen.alerts) {
    const key = `${alert.topic}-${alert.since}-${alert.reason.code}`
    const why = alert.journeys.map((each) => title(each.journey)).join(', ')
    found.push({ key, tone: 'warn', what: alert.reason.what, why, since: alert.since })
  }
  if (seen.paused.length > 0) {
    const what = HOME.paused(seen.paused.map(title).join(', '))
    found.push({ key: 'paused', tone: 'warn', what, why: HOME.pausedWhy })
  }
  return found
}

export type StepName = keyof typeof HOME.steps

/** The first things to do, and which of them are done: every one read off the process. */
export function steps(seen: Overview): [StepName, boolean][] {
  const { status, activity } = seen
  const sent = activity.messages.some((each) => each.sent > 0)
  return [
    ['plan', status.plan !== ''],
    ['event', status.position > 0],
    ['person', (status.counts.people ?? 0) > 0],
    ['sent', sent],
    ['goal', activity.journeys.some((each) => each.goals > 0)],
  ]
}
