// Home: what is wrong, and what is done, are read off what the process says of itself.
import { expect, test } from 'vitest'
import type { Overview } from '@/api/types'
import { dayOf, reasonOf, steps, worst, wrongs } from './wrong'

function overview(status: object, more: object = {}): Overview {
  const calm = { is_ready: true, is_failing: false, faults: [], plan: '', position: 0, counts: {} }
  const activity = { journeys: [], messages: [] }
  const whole = { status: { ...calm, ...status }, lanes: {}, alerts: [], paused: [], activity }
  return { ...whole, ...more } as unknown as Overview
}

test('where nothing is wrong, nothing is named', () => {
  expect(wrongs(overview({}), [])).toEqual([])
})

test('a destination that is down is named with what waits for it', () => {
  const seen = overview({}, { lanes: { mailer: { breaker: 'open', waiting: 1200 } } })

  expect(wrongs(seen, []).map((each) => each.what)).toEqual(['Mailer is down'])
})

test('a destination with an alert is named once, by it, with a way to its page', () => {
  const alert = {
    topic: 'destination:mailer',
    since: 5,
    reason: { code: 'destination.down', what: 'x', definition: 'destinations/mailer' },
    journeys: [{ journey: 'cart_rescue', steps: ['1'] }],
  }
  const lanes = { mailer: { breaker: 'open', waiting: 7 }, other: { breaker: 'open' } }

  const found = wrongs(overview({}, { lanes, alerts: [alert] }), [])

  expect(found.map(({ tone, what, why, to }) => [tone, what, why, to])).toEqual([
    ['bad', 'Other is down', '0 deliveries wait for it.', '/connections/destinations/other'],
    [
      'bad',
      'X',
      '7 deliveries wait for it. Journeys that rest on it: Cart rescue.',
      '/connections/destinations/mailer',
    ],
  ])
})

test('a mistake in the definitions is a sentence of its own', () => {
  const place = { file: 'connectors/acme.yaml', line: 3, column: 1 }
  const mistake = { code: 'X301', place, what: 'in this manifest, there is no `itm` here', fix: '' }

  const why = wrongs(overview({}), [mistake]).map((each) => each.why)

  expect(why).toEqual([
    'In this manifest, there is no `itm` here. What runs goes on as it is until they are mended.',
  ])
})

test('a repair is named before anything else', () => {
  const seen = overview(
    { is_failing: true, is_ready: false, faults: ['The disk is full.'] },
    { paused: ['a'] },
  )

  expect(wrongs(seen, []).map((each) => each.key)).toEqual(['failing', 'paused'])
})

test('a step is done when the process says so', () => {
  const seen = overview({ plan: 'abc', position: 4 })
  const heard = { measures: [{ name: 'freshness' as const, actual: 5, of: 1, parts: [] }] }
  const named = (done: ReturnType<typeof steps>) =>
    done.filter(([, isDone]) => isDone).map(([name]) => name)

  expect(named(steps(seen))).toEqual(['plan'])
  expect(named(steps(seen, heard))).toEqual(['plan', 'event'])
})

test('what was done before a restart stays done', () => {
  const kept = {
    measures: [
      { name: 'delivery' as const, actual: 0.98, of: 40, parts: [] },
      {
        name: 'journey_cost' as const,
        actual: 0,
        of: 3,
        parts: [
          {
            kind: 'journey' as const,
            name: 'welcome',
            of: 3,
            bad: 0,
            goals: 2,
            cost_micros: 0,
          },
        ],
      },
    ],
  }

  const done = steps(overview({ counts: { people: 3 } }), kept)

  expect(Object.fromEntries(done)).toMatchObject({ sent: true, goal: true })
})

test('why messages did not go is said in words, and by its code where nothing else is known', () => {
  const counted = { code: 'cap.reached', what: 'has had 3 of 3 in 7 days' }

  expect(reasonOf(counted)).toBe('Has had 3 of 3 in 7 days')
  expect(reasonOf({ code: 'sending.in_doubt', what: '' })).toBe('Sending in doubt')
})

test('the day is told off what is kept, and not at all before that is known', () => {
  const measure = { actual: null, parts: [], of: 0 }
  const kept = {
    measures: [
      { ...measure, name: 'freshness' as const, of: 1200 },
      { ...measure, name: 'delivery' as const, of: 40, actual: 0.975 },
      { ...measure, name: 'latency' as const, of: 39, beside: { p50: 14_000 } },
    ],
  }

  expect(dayOf(undefined)).toBeUndefined()
  expect(dayOf(kept)).toEqual({ events: 1200, of: 40, taken: 39, half: 14_000 })
})

test('the gravest of what is wrong gives the tone', () => {
  const down = wrongs(overview({}, { lanes: { mailer: { breaker: 'open' } } }), [])

  expect([worst([]), worst(wrongs(overview({}, { paused: ['a'] }), [])), worst(down)]).toEqual([
    'ok',
    'warn',
    'bad',
  ])
})
