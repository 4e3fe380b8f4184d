// The palette: what is named exactly stands first, and everything leads to its page.
import { expect, test } from 'vitest'
import { choicesOf, type Found, isScreen, pageOf } from './choices'
import type { Screen } from './screen'

const ICON = (() => null) as unknown as Screen['icon']
const load = () => Promise.reject(new Error('not loaded here'))

function screen(label: string, path: string): Screen {
  return { label, icon: ICON, group: '', order: 0, pages: [{ path, load }] }
}

const SCREENS = [screen('Home', '/'), screen('Journeys', '/journeys')]

function thing(name: string, more: Partial<Found> = {}): Found {
  return { kind: 'journey', name, title: '', about: '', step: '', rank: 1, ...more }
}

function labels(text: string, found: readonly Found[], isMore = false): string[] {
  return choicesOf({ text, screens: SCREENS, found, isMore }).map((each) => each.label)
}

test('nothing asked: the screens', () => {
  expect(labels('', [])).toEqual(['Home', 'Journeys'])
})

test('what is named exactly, then screens, then the rest, then whoever might be meant', () => {
  const found = [thing('journey', { rank: 0 }), thing('journey_two')]

  expect(labels('journey', found)).toEqual([
    'Journey',
    'Journeys',
    'Journey two',
    'Find the customer “journey”',
  ])
})

test('a customer who was found is not looked for again', () => {
  const person = thing('p_1234567890', { kind: 'person', rank: 0 })

  expect(labels('ana@shop.example', [person])).toEqual(['Customer 567890'])
})

test('while more can be read, nothing stands behind the last line', () => {
  expect(labels('journey_', [thing('journey_1')], true)).toEqual(['Journey 1'])
})

test('who is looked for stands in no address', () => {
  const [choice] = choicesOf({ text: 'ana@x.example', screens: [], found: [], isMore: false })

  expect([choice?.to, choice?.search, choice?.state]).toEqual([
    '/customers',
    undefined,
    { find: 'ana@x.example' },
  ])
})

test('a screen is meant by its whole name alone', () => {
  expect([isScreen(' home ', SCREENS), isScreen('hom', SCREENS)]).toEqual([true, false])
})

test('everything that is found has a page', () => {
  const template = thing('hello', { kind: 'template', about: 'welcome', step: 'greet' })

  expect(pageOf(thing('Order Completed', { kind: 'event' }))).toEqual([
    '/dictionary/Order%20Completed',
  ])
  expect(pageOf(template)).toEqual(['/journeys/welcome', { step: 'greet' }])
  expect(pageOf(thing('hello', { kind: 'template' }))).toEqual(['/journeys'])
  expect(pageOf(thing('mail', { kind: 'destination' }))).toEqual(['/connections/destinations/mail'])
})
