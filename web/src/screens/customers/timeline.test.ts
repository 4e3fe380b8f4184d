// The timeline: what was not sent has a row, and what was merely done is folded.
import { expect, test } from 'vitest'
import type { Told } from '@/api/types'
import { chosen, folded, isVisit, reasonOf, rowsOf } from './timeline'

const MINUTE = 60_000_000

function step(at: number, notes: { type: string; [field: string]: unknown }[]): Told {
  const sentences = notes.map((note) => `person 1a2b3c has ${note.type}`)
  return { position: at, person_id: 'p', at, sentences, notes }
}

test('a message that was refused is a row like one that was sent', () => {
  const refused = step(1, [{ type: 'decided', delivery_id: 'd', verdict: 'refuse', message: 'm' }])

  const rows = chosen(rowsOf([refused], []), 'all', '')

  expect(rows.map((row) => row.kind)).toEqual(['messages'])
})

test('a message that was decided on again is one row, the latest', () => {
  const decided = { type: 'decided', delivery_id: 'd', message: 'm' }
  const held = step(1, [{ ...decided, verdict: 'hold' }])
  const sent = step(2, [{ ...decided, verdict: 'pass' }])

  const rows = rowsOf([held, sent], [])

  expect(rows.map((row) => row.note.verdict)).toEqual(['pass'])
})

test('a row says which event it came of, and none where time alone passed', () => {
  const bought = step(1, [
    { type: 'admitted', name: 'Order Completed' },
    { type: 'left', journey: 'cart' },
  ])
  const waited = step(2, [{ type: 'moved', journey: 'cart' }])

  const rows = rowsOf([bought, waited], [])

  expect(rows.map((row) => [row.note.type, row.after])).toEqual([
    ['moved', ''],
    ['left', 'Order Completed'],
    ['admitted', ''],
  ])
})

test('things done soon after one another are a visit', () => {
  const views = [0, 1, 2].map((n) =>
    step(n * MINUTE, [{ type: 'admitted', name: 'Product Viewed' }]),
  )

  const [visit, ...more] = folded(rowsOf(views, []))

  expect(more).toEqual([])
  expect(visit !== undefined && isVisit(visit) && visit.rows.length).toBe(3)
})

test('a pause of half an hour ends a visit, and two things are none', () => {
  const times = [0, 1, 2, 40, 41].map((minutes) => minutes * MINUTE)
  const views = times.map((at) => step(at, [{ type: 'admitted', name: 'Product Viewed' }]))

  const rows = folded(rowsOf(views, []))

  expect(rows.map((row) => (isVisit(row) ? row.rows.length : 1))).toEqual([1, 1, 3])
})

test('a search finds the words of a row', () => {
  const rows = rowsOf([step(1, [{ type: 'entered' }]), step(2, [{ type: 'left' }])], [])

  expect(chosen(rows, 'all', 'LEFT').length).toBe(1)
})

test('what did not go stands together, each with its reason in words', () => {
  const what = 'has had 3 of 3 in 7 days'
  const reason = { code: 'cap.reached', what, definition: 'policies/cap/week' }
  const decided = { type: 'decided', message: 'm', verdict: 'pass' }
  const steps = [
    step(1, [{ ...decided, delivery_id: 'sent' }]),
    step(2, [{ ...decided, delivery_id: 'capped', verdict: 'refuse' }]),
    step(3, [{ type: 'not_entered', journey: 'welcome', reason: { what: 'is in it already' } }]),
    step(4, [{ type: 'entered', journey: 'thanks' }]),
  ]
  const message = { message: 'm', journey: 'j', channel: '', decided_at: 1, since: 1 }
  const messages = [
    { ...message, delivery_id: 'sent', state: 'sent' },
    { ...message, delivery_id: 'capped', state: 'suppressed:cap', reason },
  ]

  const rows = chosen(rowsOf(steps, messages), 'unsent', '')

  expect(rows.map(reasonOf)).toEqual(['is in it already', 'has had 3 of 3 in 7 days'])
})
