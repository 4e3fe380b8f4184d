// Sentences of the record, as they stand beside whom they are about.
import { expect, test } from 'vitest'
import { bare } from './notes'

test('a sentence says what happened, without who and without an id that nobody reads', () => {
  expect(bare("person 4be2f1 did 'Order Completed', which goes on to crm")).toBe(
    'Order Completed, which goes on to crm',
  )
  expect(bare('person 4be2f1 has delivery 567e5f failed: it gave no answer')).toBe(
    'Delivery failed: it gave no answer',
  )
})
