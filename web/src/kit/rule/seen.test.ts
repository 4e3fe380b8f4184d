import { expect, test } from 'vitest'
import { samplesOf, valuesOf } from './seen'

const COUNTRY = {
  name: 'country',
  privacy: 'public',
  of: 10,
  known: 9,
  values: [
    { value: 'Portugal', count: 6 },
    { value: 'The United Kingdom of…', count: 3 },
  ],
  is_masked: false,
  is_withheld: false,
}

test('a value that was cut is not offered', () => {
  expect(valuesOf(COUNTRY).map(({ value }) => value)).toEqual(['Portugal'])
  expect(valuesOf({ ...COUNTRY, values: [], is_masked: true })).toEqual([])
  expect(valuesOf(undefined)).toEqual([])
})

test('a property is found by its path, with or without its lists', () => {
  const sku = { ...COUNTRY, name: 'products.sku' }

  expect(samplesOf([COUNTRY, sku], { word: 'country', path: '' })).toBe(COUNTRY)
  expect(samplesOf([COUNTRY, sku], { word: 'Order Completed', path: 'products[].sku' })).toBe(sku)
})
