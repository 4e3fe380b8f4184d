// How lengths of time and names are written.
import { expect, test } from 'vitest'
import { dayName, span, title } from './format'
import { bare } from './notes'

test('a length of time has the unit that fits it', () => {
  const told = [200, 6_000, 1_400_000, 120_000_000, 7_200_000_000].map(span)

  expect(told).toEqual(['200 µs', '6 ms', '1.4 s', '2 min', '2.0 h'])
})

test('a name as written is told as people say it', () => {
  expect(['cart_rescue', 'sms'].map(title)).toEqual(['Cart rescue', 'SMS'])
})

test('today and yesterday are named', () => {
  const now = new Date(2026, 10, 21, 9).getTime()
  const at = (day: number) => new Date(2026, 10, day, 23).getTime() * 1_000

  expect([21, 20, 19].map((day) => dayName(at(day), now))).toEqual(['Today', 'Yesterday', ''])
})

test('a sentence stands without the person it begins with', () => {
  expect(bare("person 3fa9c2 did 'Signed In'")).toBe('Signed In')
})
