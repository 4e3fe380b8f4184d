// What is known of a draft before it goes to others, each as a line of a list.
import type { Rehearsal } from '@/api/rehearsals'
import { share } from '@/words/format'
import { PUBLISH, REHEARSE } from '@/words/rehearse'
import { SIMULATE } from '@/words/simulate'
import { type Draft, isOutdated } from './about'
import { sum } from './figures'

export type Check = { what: string; how: string; state: 'ok' | 'bad' | 'open'; tab: string }

type Made = Partial<Record<Rehearsal['task']['kind'], Rehearsal>>
type Said = Pick<Check, 'how' | 'state'>

export function checksOf(made: Made, draft: Draft | null): Check[] {
  const moved = draft?.moved ?? []
  return [
    { what: PUBLISH.checks.mistakes, tab: 'scenarios', ...mistakes(made.scenarios, draft) },
    { what: PUBLISH.checks.scenarios, tab: 'scenarios', ...scenarios(made.scenarios, draft) },
    { what: PUBLISH.checks.coverage, tab: 'scenarios', ...coverage(made.scenarios, draft) },
    { what: PUBLISH.checks.proofs, tab: 'proofs', ...proofs(made.prove, draft) },
    { what: PUBLISH.checks.backtest, tab: 'backtest', ...backtest(made.backtest, draft) },
    { what: PUBLISH.checks.crowd, tab: 'simulate', ...crowd(made.simulate, draft) },
    {
      what: PUBLISH.checks.moved,
      how: moved.length === 0 ? PUBLISH.notMoved : REHEARSE.movedWhy(moved.join(', ')),
      state: moved.length === 0 ? 'ok' : 'bad',
      tab: '',
    },
  ]
}

/** Why nothing can be said yet; null where something can. */
function unknown(made: Rehearsal | undefined, draft: Draft | null): Said | null {
  if (made === undefined) return { how: PUBLISH.notRun, state: 'open' }
  if (made.state !== 'done') return { how: PUBLISH.now[made.state], state: 'open' }
  if (isOutdated(made, draft)) return { how: REHEARSE.outdated, state: 'open' }
  return null
}

function mistakes(made: Rehearsal | undefined, draft: Draft | null): Said {
  const open = unknown(made, draft)
  if (open !== null) return open
  if (made?.found?.kind !== 'mistakes') return { how: PUBLISH.noMistakes, state: 'ok' }
  return { how: REHEARSE.mistakes(made.found.problems.length), state: 'bad' }
}

function scenarios(made: Rehearsal | undefined, draft: Draft | null): Said {
  const open = unknown(made, draft)
  if (open !== null) return open
  if (made?.found?.kind !== 'scenarios') return { how: PUBLISH.notRun, state: 'open' }
  const wrong = made.found.scenarios.filter((each) => !each.is_right).length
  const all = made.found.scenarios.length
  return wrong === 0
    ? { how: PUBLISH.told(all), state: 'ok' }
    : { how: PUBLISH.toldOtherwise(wrong, all), state: 'bad' }
}

function coverage(made: Rehearsal | undefined, draft: Draft | null): Said {
  const open = unknown(made, draft)
  if (open !== null) return open
  if (made?.found?.kind !== 'scenarios') return { how: PUBLISH.notRun, state: 'open' }
  const all = made.found.coverage.find((each) => each.journey === '')?.shares.edges
  const reached = all === undefined || all.total === 0 ? 1 : all.walked / all.total
  const { demanded } = made.found
  if (demanded == null) return { how: PUBLISH.notDemanded(share(reached)), state: 'ok' }
  return {
    how: PUBLISH.demanded(share(reached), share(demanded)),
    state: reached >= demanded ? 'ok' : 'bad',
  }
}

function proofs(made: Rehearsal | undefined, draft: Draft | null): Said {
  const open = unknown(made, draft)
  if (open !== null) return open
  if (made?.found?.kind !== 'prove') return { how: PUBLISH.notRun, state: 'open' }
  const harms = made.found.journeys.flatMap((each) => each.harms)
  const standing = harms.filter((each) => each.waived === '').length
  return standing === 0
    ? { how: PUBLISH.proved, state: 'ok' }
    : { how: PUBLISH.harms(standing), state: 'bad' }
}

function backtest(made: Rehearsal | undefined, draft: Draft | null): Said {
  const open = unknown(made, draft)
  if (open !== null) return open
  if (made?.found?.kind === 'no_history') return { how: SIMULATE.noPast, state: 'open' }
  if (made?.found?.kind !== 'backtest') return { how: PUBLISH.notRun, state: 'open' }
  const count = made.found.counts.reduce((sum, each) => sum + each.count, 0)
  return { how: PUBLISH.differs(count), state: 'ok' }
}

function crowd(made: Rehearsal | undefined, draft: Draft | null): Said {
  const open = unknown(made, draft)
  if (open !== null) return open
  if (made?.found?.kind === 'no_history') return { how: SIMULATE.noHistory, state: 'open' }
  if (made?.found?.kind !== 'simulate') return { how: PUBLISH.notRun, state: 'open' }
  const { now, was } = made.found
  const [after, before] = [now, was].map((life) => sum(life?.sent))
  return {
    how: PUBLISH.crowd(after ?? 0, was == null ? null : (before ?? 0), now.week.p95),
    state: 'ok',
  }
}
