// The lines of a step, out of the text of its file.
import { expect, it } from 'vitest'
import { textOf } from './text'

const TEXT = `steps:
  - label: patience
    wait: 30m

  - when: {did: Product Viewed}
    then:
      - send: {message: a}
      - send: {message: b}
    else:
      - leave: quietly
  - wait: 2d
`

it('takes a step with all that stands in it, and nothing of the next', () => {
  expect(textOf(TEXT, { line: 5, column: 5 })).toBe(
    'when: {did: Product Viewed}\nthen:\n  - send: {message: a}\n  - send: {message: b}\nelse:\n  - leave: quietly',
  )
})

it('leaves out empty lines at its end', () => {
  expect(textOf(TEXT, { line: 2, column: 5 })).toBe('label: patience\nwait: 30m')
})

it('takes a step inside another', () => {
  expect(textOf(TEXT, { line: 7, column: 9 })).toBe('send: {message: a}')
})
