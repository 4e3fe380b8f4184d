// The checks of an explanation: one decides, what is behind it does not, and the end is told.
import { expect, test } from 'vitest'
import type { Answer, GateLine, Weighing } from '@/api/types'
import { checksOf, shortSentence } from './checks'

function gate(name: string, verdict: GateLine['verdict']): GateLine {
  const empty = { code: '', reason: '', definition: '', would_change: '', record: '' }
  return { gate: name, verdict, seen: 'something', ...empty }
}

function answer(gates: GateLine[], more: Partial<Answer> = {}): [Answer, Weighing] {
  const weighing: Weighing = {
    moment: 'decision',
    at: 1,
    channel: 'email',
    is_chosen: false,
    cost_micros: 0,
    gates,
  }
  const whole = { kind: 'refused', is_sent: false, sentence: '', way: [], weighed: [weighing] }
  return [{ ...whole, attempt_count: 0, receipt: '', ...more } as unknown as Answer, weighing]
}

test('the first that closes decides, and the next only would have', () => {
  const checks = checksOf(
    ...answer([gate('state', 'pass'), gate('consent', 'refuse'), gate('cap', 'refuse')]),
  )

  expect(checks.map((check) => [check.state, check.isAfter])).toEqual([
    ['pass', false],
    ['refuse', false],
    ['refuse', true],
    ['none', false],
  ])
})

test('what was sent ends with the delivery', () => {
  const checks = checksOf(...answer([gate('consent', 'pass')], { is_sent: true, receipt: 'r-1' }))

  expect(checks.at(-1)).toMatchObject({ key: 'delivery', state: 'pass' })
})

test('the sentence is told without what stands beside it', () => {
  const [told] = answer([], {
    sentence:
      "No: 'cart_reminder' of cart rescue was refused at 2026-11-21 04:25:14 UTC, because no.",
  })

  expect(shortSentence(told)).toBe('“Cart reminder” of cart rescue was refused, because no.')
})
