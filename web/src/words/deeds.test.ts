// What the audit trail says, for people.
import { expect, test } from 'vitest'
import { deedOf, shortDigest } from './deeds'

test('a deed is told in words, and one without words by its name', () => {
  expect(deedOf('person.part')).toBe('Parted an identifier')
  expect(deedOf('hook.call')).toBe('Hook: call')
})

test('a digest is shown by its beginning, and everything else whole', () => {
  expect(shortDigest('d556f9f14901b2cae33e243633333168')).toBe('d556f9f14901…')
  expect(shortDigest('a complaint is open until it is solved')).toBe(
    'a complaint is open until it is solved',
  )
})
