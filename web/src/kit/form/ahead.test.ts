// Changes made before the one before them was answered: all are kept, and one refused goes alone.
import { describe, expect, it } from 'vitest'
import { type Change, putOf, withChanges } from './ahead'
import { type Json, type JsonObject, withAt } from './json'

const did = { did: 'Product Viewed', at_least: 2, within: '3h' }

/** Changes as somebody makes them one after the other, each seeing those before it. */
function made(fields: JsonObject, ...steps: readonly (readonly [string, Json | undefined])[]) {
  const changes: Change[] = []
  let seen = fields
  for (const [field, to] of steps) {
    changes.push({ field, seen, to })
    seen = withAt(seen, field, to) as JsonObject
  }
  return changes
}

/** The fields once the changes are answered of which the first is refused. */
const withoutFirst = (fields: JsonObject, ...steps: readonly (readonly [string, Json?])[]) =>
  withChanges(fields, made(fields, ...steps.map(([at, to]) => [at, to] as const)).slice(1))

describe('changes that are not answered yet', () => {
  it('are shown one upon the other', () => {
    const changes = made(
      { when: did },
      ['when', { ...did, at_least: 5 }],
      ['when', { ...did, at_least: 5, within: '3d' }],
      ['label', 'looked'],
    )

    expect(withChanges({ when: did }, changes)).toEqual({
      when: { ...did, at_least: 5, within: '3d' },
      label: 'looked',
    })
  })

  it('change the same part alone that whoever made them changed', () => {
    const seen = { when: did, wait: '1h' }
    const stored = { when: { ...did, at_least: 5 }, wait: '2h' }

    const put = putOf(stored, { field: 'when', seen, to: { ...did, within: '3d' } })

    expect(put).toEqual({ field: 'when', value: { ...did, at_least: 5, within: '3d' } })
  })

  it('stand without one before them that was refused', () => {
    const after = withoutFirst(
      { when: did },
      ['when', { ...did, at_least: 5 }],
      ['when', { ...did, at_least: 5, within: '3d' }],
    )

    expect(after).toEqual({ when: { ...did, within: '3d' } })
  })

  it('are put as they were seen where they have no ground without it', () => {
    const after = withoutFirst(
      { when: { value: { over: 40 } } },
      ['when', { value: { at_least: 40 } }],
      ['when', { value: { at_least: 25 } }],
    )

    expect(after).toEqual({ when: { value: { at_least: 25 } } })
  })

  it('are nothing where it stands there already, or is gone already', () => {
    expect(putOf({ wait: '2h' }, { field: 'wait', seen: { wait: '1h' }, to: '2h' })).toBeNull()
    expect(putOf({}, { field: 'wait', seen: { wait: '1h' }, to: undefined })).toBeNull()
  })

  it('take a field out that others changed', () => {
    const put = putOf({ wait: '2h' }, { field: 'wait', seen: { wait: '1h' }, to: undefined })

    expect(put).toEqual({ field: 'wait', value: undefined })
  })
})

describe('changes in lists', () => {
  const [a, b, c] = [{ on: 'a' }, { on: 'b' }, { on: 'c' }]

  it('name an item by its number while the list is the one that was seen', () => {
    const put = putOf({ leave: [a, b] }, { field: 'leave/1/on', seen: { leave: [a, b] }, to: 'x' })

    expect(put).toEqual({ field: 'leave/1/on', value: 'x' })
  })

  it('reach the item they were made to where another before it was not taken out', () => {
    const after = withoutFirst({ leave: [a, b, c] }, ['leave/0'], ['leave/1/on', 'x'])

    expect(after).toEqual({ leave: [a, b, { on: 'x' }] })
  })

  it('take the item out that was meant, and put one where it was meant', () => {
    expect(withoutFirst({ leave: [a, b, c] }, ['leave/0'], ['leave/0'])).toEqual({ leave: [a, c] })
    const added = withoutFirst({ all: [a, b] }, ['all', [b]], ['all', [c, b]])
    expect(added).toEqual({ all: [a, c, b] })
  })

  it('are added behind what is there, and change what is there beside what was not added', () => {
    expect(withoutFirst({ all: [a] }, ['all', [a, b]], ['all', [a, b, c]])).toEqual({ all: [a, c] })
    const changed = withoutFirst({ all: [a] }, ['all', [a, b]], ['all', [{ on: 'x' }, b]])
    expect(changed).toEqual({ all: [{ on: 'x' }] })
  })

  it('change two items apart from each other', () => {
    const after = withoutFirst(
      { all: [a, { on: 'b', n: 1 }] },
      ['all', [a, { on: 'z', n: 1 }]],
      ['all', [a, { on: 'z', n: 2 }]],
    )

    expect(after).toEqual({ all: [a, { on: 'b', n: 2 }] })
  })
})
