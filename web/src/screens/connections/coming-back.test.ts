import { expect, test } from 'vitest'
import { answerIn } from './coming-back'

test('a code and its state are read', () => {
  expect(answerIn('?state=s1&code=c%2F1')).toEqual({ is: 'code', state: 's1', code: 'c/1' })
})

test('half of an answer is none', () => {
  expect(answerIn('?code=c1')).toEqual({ is: 'nothing' })
  expect(answerIn('')).toEqual({ is: 'nothing' })
})

test('a refusal is told in our words, and never in those of the link', () => {
  const denied = answerIn('?error=access_denied&error_description=Call%20this%20number&state=s1')
  const strange = answerIn('?error=out_of_cheese&code=c1&state=s1')

  expect(denied).toMatchObject({ is: 'declined', state: 's1' })
  expect(JSON.stringify(denied)).not.toContain('Call this number')
  expect(strange).toMatchObject({ is: 'declined', why: 'The provider did not let you agree' })
})
