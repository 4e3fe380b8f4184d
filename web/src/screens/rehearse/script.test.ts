import { expect, test } from 'vitest'
import {
  after,
  ANA,
  asked,
  saidLater,
  scriptOf,
  untilNext,
  valuesOf,
  type WalkFound,
  walkOf,
} from './script'

test('time passes in the words of scenarios', () => {
  expect(after(26 * 3_600)).toBe('after 1d 2h')
  expect(after(61.2)).toBe('after 1m 2s')
  expect(after(0)).toBe('after 1s')
})

test('what reads as JSON is a value, everything else a text', () => {
  expect(valuesOf('value: 80\ncart_id: c1\n\nis_new: true\nnote: a: b\nnothing')).toEqual({
    value: 80,
    cart_id: 'c1',
    is_new: true,
    note: 'a: b',
  })
})

test('a consent that nobody knows of is not given', () => {
  const who = { ...ANA, consents: { email: 'granted', sms: 'unknown' } as const }

  const walk = walkOf('welcome', { who, lines: [{ 'Signed Up': {} }] })

  expect(walk.given).toEqual({
    person: 'ana',
    zone: 'Europe/London',
    at: '2026-03-02 10:00',
    consents: { email: 'granted' },
  })
})

test('where nothing wakes anybody there is no next', () => {
  const found = { now: 0, wakes_at: 90_000_000 } as WalkFound

  expect(untilNext(found)).toBe('after 1m 30s')
  expect(untilNext({ ...found, wakes_at: null })).toBeNull()
})

test('a story says its consents where they are asked, and they are told again as they came', () => {
  const consents = { marketing: { email: 'granted', sms: 'denied' }, analytics: 'granted' } as const
  const walk = {
    kind: 'walk',
    journey: 'cart',
    given: { person: 'bea', consents },
    lines: [],
  } as const

  const script = scriptOf(walk as unknown as Parameters<typeof scriptOf>[0])

  expect(asked(['email', 'push', 'sms'], script.who.consents)).toEqual([
    'marketing/email',
    'push',
    'marketing/sms',
    'analytics',
  ])
  expect(script.who.consents['marketing/sms']).toBe('denied')
  expect(walkOf('cart', script).given.consents).toEqual(consents)
})

test('what is said on the way is known beforehand, the last of it', () => {
  const lines = [
    'after 2d',
    { consents: { marketing: { email: 'denied' } } },
    { consents: { marketing: { email: 'granted' }, sms: 'denied' } },
  ]

  expect(saidLater(lines)).toEqual({ 'marketing/email': 'granted', sms: 'denied' })
})
