// What an entry is about leads to where that is shown.
import { expect, test } from 'vitest'
import { placeOfSubject } from './subject'

test('a change of definitions leads to its review', () => {
  expect(placeOfSubject('change:12')).toBe('/approvals/12')
})

test('what no screen shows leads nowhere else', () => {
  expect(placeOfSubject('usr_1')).toBeNull()
  expect(placeOfSubject('change:none')).toBeNull()
})
