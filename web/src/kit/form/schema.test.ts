// Fields are drawn by the schema, and by the form of the value where a schema allows several.
import { describe, expect, it } from 'vitest'
import { at, type JsonObject, renamedAt, withAt } from './json'
import { drawnOf, firstOf } from './schema'

const DEFINITIONS: JsonObject = {
  duration: { type: 'string' },
  names: { anyOf: [{ type: 'string' }, { type: 'array' }] },
  audience: {
    anyOf: [
      { type: 'string' },
      { type: 'object', required: ['audience'], properties: { audience: { type: 'string' } } },
    ],
  },
}
const ref = (name: string) => ({ $ref: `#/$defs/${name}` })
const kind = (schema: JsonObject, value?: JsonObject | string | number) =>
  drawnOf(schema, value, DEFINITIONS).kind

describe('a generated form', () => {
  it('knows what the schemas name, and follows what a value is', () => {
    expect(kind(ref('duration'))).toBe('duration')
    expect(kind(ref('names'))).toBe('names')
    expect(kind(ref('audience'), 'ads')).toBe('text')
    expect(kind(ref('audience'), { audience: 'ads' })).toBe('fields')
    expect(kind({ type: ['string', 'integer'] }, 2)).toBe('text')
    expect(kind({ const: true })).toBe('true')
    expect(kind({ enum: ['send', 'skip'] })).toBe('choice')
    expect(kind({ type: 'object' })).toBe('values')
    expect(kind({})).toBe('json')
  })

  it('begins something with what it needs', () => {
    const schema = { type: 'object', required: ['wait'], properties: { wait: ref('duration') } }
    expect(firstOf(schema, DEFINITIONS)).toEqual({ wait: '1d' })
  })
})

describe('a value at a path', () => {
  const step: JsonObject = { wait_for: [{ on: 'a/b', 'x/y': 1 }, { after: '2d' }] }

  it('is found, set, taken out and renamed alone', () => {
    expect(at(step, 'wait_for/0/x~1y')).toBe(1)
    expect(at(withAt(step, 'wait_for/1/after', '3d'), 'wait_for')).toEqual([
      at(step, 'wait_for/0'),
      { after: '3d' },
    ])
    expect(at(withAt(step, 'wait_for/0', undefined), 'wait_for')).toEqual([{ after: '2d' }])
    expect(at(renamedAt(step, 'wait_for/1/after', 'when'), 'wait_for')).toEqual([
      at(step, 'wait_for/0'),
      { when: '2d' },
    ])
  })
})
