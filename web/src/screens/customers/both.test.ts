// Two customers beside each other: whose value stays, and which of two passages goes on.
import { expect, test } from 'vitest'
import type { Profile } from '@/api/types'
import { besideOf, keptOf } from './both'
import { lossOf, nameOf } from './parting'

function profile(more: Partial<Profile>): Profile {
  return {
    person_id: 'p',
    first_seen: 0,
    last_seen: 0,
    identifiers: [],
    traits: [],
    segments: [],
    consents: [],
    enrollments: [],
    audiences: [],
    groups: [],
    deliveries: [],
    merged: [],
    suppressed_address_count: 0,
    offers: [],
    ...more,
  }
}

const trait = (name: string, value: unknown, at: number) => ({
  name,
  value,
  at,
  is_computed: false,
})
const passage = (id: string, ended: number | null) => ({
  ...{ enrollment_id: id, journey: 'cart', version: 'v', key: '', entered_at: 1 },
  ...{ step: '1', since: 1, due_at: null, ended_at: ended, outcome: '' },
})

const TRIAL = {
  one: profile({
    identifiers: [{ kind: 'email', value: 'a', since: 1 }],
    traits: [trait('city', 'Ulm', 5), trait('plan', 'gold', 1)],
    enrollments: [passage('old', null)],
  }),
  other: profile({
    identifiers: [{ kind: 'email', value: 'b', since: 2 }],
    traits: [trait('city', 'Bonn', 9), trait('plan', 'gold', 3)],
    enrollments: [passage('new', null)],
  }),
  joined: profile({
    identifiers: [
      { kind: 'email', value: 'a', since: 1 },
      { kind: 'email', value: 'b', since: 2 },
    ],
    traits: [trait('city', 'Bonn', 9), trait('plan', 'gold', 3)],
    enrollments: [passage('old', null), passage('new', 7)],
  }),
  refused: null,
  were_parted: false,
}

test('each line says what both have, what they would have, and whose it is', () => {
  const { known, traits, journeys } = besideOf(TRIAL)

  expect(known).toEqual([{ name: 'email', one: ['a'], other: ['b'], joined: ['a', 'b'] }])
  expect(traits.map((line) => [line.name, keptOf(line)])).toEqual([
    ['city', 'other'],
    ['plan', null],
  ])
  expect(journeys.map((line) => line.joined)).toEqual(['goes on', 'ends'])
})

test('of masked values the instants tell whose it is', () => {
  const line = {
    ...{ name: 'city', one: trait('city', '•••', 5), other: trait('city', '•••', 9) },
    joined: trait('city', '•••', 5),
  }

  expect(keptOf(line)).toBe('one')
})

test('of two who cannot be one there is nothing to show of them as one', () => {
  const { traits } = besideOf({ ...TRIAL, joined: null })

  expect(traits.map((line) => line.joined)).toEqual([null, null])
})

test('who stays loses what came with the identifier, and has again what was there before it', () => {
  const before = profile({
    traits: [trait('city', 'Bonn', 9), trait('plan', 'gold', 3), trait('name', 'Ana', 1)],
    segments: [
      { name: 'warm', since: 1 },
      { name: 'new', since: 1 },
    ],
    enrollments: [passage('old', null)],
  })
  const stays = profile({
    traits: [trait('city', 'Ulm', 5), trait('name', 'Ana', 1)],
    segments: [{ name: 'new', since: 4 }],
  })
  const trial = {
    ...{ kind: 'email', before, stays: [stays], goes: profile({}), came: [] },
    ...{ remains_count: 2, refused: null },
  }

  expect(lossOf(trial)).toEqual({
    traits: ['plan'],
    back: ['city'],
    segments: ['warm'],
    journeys: ['cart'],
  })
})

test('a masked identifier is named by its kind where there is one of it alone', () => {
  const email = { kind: 'email', value: '•••', since: 1 }
  const device = { kind: 'device', value: '•••', since: 1 }

  expect(nameOf([email, device, device], email)).toBe('email')
  expect(nameOf([email, device, device], device)).toBeNull()
  expect(nameOf([device], { ...device, value: 'a-phone' })).toBe('device:a-phone')
})
