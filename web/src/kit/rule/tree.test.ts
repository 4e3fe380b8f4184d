// Whatever stands under `when` comes back as it stood, and what is changed changes alone.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../form/json'
import { groupOf, jsonOf, type Part, partOf } from './tree'

const HAND = { event: 'Checkout Started', entry: null }
const RULE: Json = {
  all: [
    { did: 'Product Viewed', at_least: 2, within: '2h', where: { value: { over: 10 } } },
    { sequence: ['Product Viewed', { did: 'Order Completed', where: { a: 1 } }], within: '2h' },
    { none: [{ in_segment: 'vip' }, { in_journey: 'cart_rescue' }] },
    { trait: { country: ['PT', 'ES'], points: { over: 4, under: 9 } }, not_in_segment: 'vip' },
    { not: { local_time: { weekdays: ['mon'], after: '09:00' } } },
    { sum: 'value', of: 'Order Completed', within: '30d', over: 500 },
  ],
}

const draws = (part: Part): unknown =>
  part.kind === 'group'
    ? [part.word, ...part.parts.map(draws)]
    : part.kind === 'row'
      ? part.draws
      : 'text'

describe('a rule as rows', () => {
  it('draws every kind of condition', () => {
    expect(draws(groupOf(RULE, HAND))).toEqual([
      'all',
      'did',
      'sequence',
      ['none', 'standing', 'standing'],
      ['all', 'trait', 'trait', 'standing'],
      ['none', 'time'],
      'measure',
    ])
  })

  it('shows as text what has another form', () => {
    const odds: Json[] = [7, { dit: 'x' }, { did: 'a', did_not: 'b' }, { trait: 'x' }, { all: 7 }]
    for (const odd of odds) {
      expect(draws(partOf(odd, { event: null, entry: null }))).toBe('text')
    }
    expect(draws(partOf({ did: 'a' }, { ...HAND, isWhere: true }))).toBe('text')
  })

  it('gives back what it was given', () => {
    expect(jsonOf(groupOf(RULE, HAND))).toEqual(RULE)
    const words = fc.constantFrom(
      'all',
      'any',
      'not',
      'did',
      'trait',
      'where',
      'within',
      'sum',
      'x',
    )
    const { rule } = fc.letrec((tie) => ({
      rule: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(1, 'a', true, null),
        fc.array(tie('rule'), { maxLength: 3 }),
        fc.dictionary(words, tie('rule'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(rule, (given) => {
        const json = given as Json
        expect(jsonOf(partOf(json, HAND))).toEqual(json)
      }),
    )
  })

  it('keeps one mapping while its keys allow it', () => {
    const group = groupOf({ trait: { a: 1 }, in_segment: 'vip' }, HAND)
    const more = (source: Json) =>
      jsonOf({ ...group, parts: [...group.parts, partOf(source, HAND)] })

    expect(more({ trait: { b: 2 } })).toEqual({ trait: { a: 1, b: 2 }, in_segment: 'vip' })
    expect(more({ in_segment: 'new' })).toEqual({
      all: [{ trait: { a: 1 } }, { in_segment: 'vip' }, { in_segment: 'new' }],
    })
  })
})
