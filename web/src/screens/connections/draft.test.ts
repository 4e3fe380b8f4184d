// A destination or a source as a form has it.
import { expect, test } from 'vitest'
import {
  freeName,
  mistakesIn,
  namesIn,
  rateOf,
  secretNameOf,
  textOf,
  withField,
  withInner,
  withRate,
  withSetting,
} from './draft'

const DEFINITION = { destination: 'mail', connector: 'smtp', settings: { host: 'a', port: 25 } }

test('a field keeps its place, and goes where nothing is written', () => {
  expect(Object.keys(withField(DEFINITION, 'connector', 'x'))).toEqual(Object.keys(DEFINITION))
  expect(withField(DEFINITION, 'rate', '5/s')).toEqual({ ...DEFINITION, rate: '5/s' })
  expect(withField(DEFINITION, 'connector', undefined)).not.toHaveProperty('connector')
})

test('the last setting that goes takes the settings along', () => {
  const one = withSetting(DEFINITION, 'port', undefined)
  expect(one.settings).toEqual({ host: 'a' })
  expect(withSetting(one, 'host', undefined)).not.toHaveProperty('settings')
})

test('a secret is known by its name only', () => {
  expect(secretNameOf({ secret: 'KEY' })).toBe('KEY')
  expect(secretNameOf('KEY')).toBeNull()
})

test('names are written with commas', () => {
  expect(namesIn(' Order Completed, , Signed Up ')).toEqual(['Order Completed', 'Signed Up'])
  expect(textOf(['a', 'b'])).toBe('a, b')
  expect(textOf(undefined)).toBe('')
})

test('mistakes stand at their field, those of a setting at the setting', () => {
  const place = { file: 'a', line: 1, column: 1 }
  const problem = { code: 'X302', place, what: 'the setting `url` is missing', fix: 'add it' }
  const found = mistakesIn([
    { path: 'settings/url/deep', problem },
    { path: '', problem: { ...problem, what: 'a purpose is missing' } },
  ])
  expect(found.get('settings/url')).toEqual(['The setting `url` is missing. Add it.'])
  expect(found.get('')).toHaveLength(1)
})

test('another destination gets a name that is free', () => {
  expect(freeName('slack', ['slack', 'slack_2'])).toBe('slack_3')
  expect(freeName('ads-x', [])).toBe('ads_x')
})

test('a part of a field goes with the last that is in it', () => {
  const fields = withInner({ connector: 'slack' }, 'retry', 'first', '2s')

  expect(fields).toEqual({ connector: 'slack', retry: { first: '2s' } })
  expect(withInner(fields, 'retry', 'first', undefined)).toEqual({ connector: 'slack' })
})

test('a rate that is shared says the limit inside, and alone stands by itself', () => {
  const shared = withRate({ rate: '50/s' }, { limit: '50/s', shared: 'twilio' })

  expect(shared).toEqual({ rate: { limit: '50/s', shared: 'twilio' } })
  expect(rateOf(shared)).toEqual({ limit: '50/s', shared: 'twilio' })
  expect(withRate(shared, { limit: '50/s', shared: '' })).toEqual({ rate: '50/s' })
  expect(withRate(shared, { limit: '', shared: '' })).toEqual({})
})
