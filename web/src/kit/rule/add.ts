// What a rule may ask, to choose from: every word of the dictionary, and how each begins.
import { RULE } from '@/words/rule'
import type { Json } from '../form/json'
import type { Option, Search } from '../form/pick'
import { firstValue } from '../form/value'
import { searched } from './ask'
import { optionsOf, type RuleWords } from './context'
import { propertiesOf } from './properties'
import { type Hand, isReserved } from './tree'

const isIn = (kind: string, group: string, given: readonly Option[]) =>
  given.map((each) => ({ ...each, value: `${kind} ${each.value}`, group }))

/** A value of the option is its kind and its name, `did Order Completed`. */
export function conditions(words: RuleWords, hand: Hand): Option[] {
  const { groups, options } = RULE
  const properties = (kind: string, group: string, event: string | null) =>
    event === null
      ? []
      : isIn(
          kind,
          group,
          declared(words, event).map(({ path }) => ({ value: path, label: path })),
        )
  const logic = isIn('group', groups.more, [
    { value: 'any', label: options.any },
    { value: 'none', label: options.none },
    { value: 'all', label: options.all },
  ])
  const isDeclared = declared(words, hand.event).length > 0
  const other = isDeclared
    ? []
    : [{ value: 'property ', label: options.property, group: groups.event }]
  const written = { value: 'text ', label: options.text, group: groups.more }
  if (hand.isWhere) {
    return [...properties('property', groups.event, hand.event), ...other, ...logic, written]
  }
  const more = ['measure', 'sequence', 'same', 'time', 'age'] as const
  return [
    ...properties('property', groups.event, hand.event),
    ...properties('entry', groups.entry, hand.entry),
    ...(hand.hasAnswer ? [{ value: 'answer ', label: options.answer, group: groups.event }] : []),
    ...isIn('did', groups.did, optionsOf(words.of('events'))),
    ...isIn('trait', groups.known, optionsOf(words.of('traits'))),
    ...isIn('segment', groups.segment, optionsOf(words.of('segments'))),
    ...isIn('journey', groups.journey, optionsOf(words.of('journeys'))),
    ...more.map((kind) => ({ value: `${kind} `, label: options[kind], group: groups.more })),
    ...logic,
    written,
  ]
}

/** The search for what is not among the conditions, where there is more than was told. */
export function searchOf(words: RuleWords, hand: Hand): Search | undefined {
  const { cut } = words
  if (hand.isWhere || cut.length === 0) return undefined
  const { groups } = RULE
  const of = {
    segments: ['segment', groups.segment],
    journeys: ['journey', groups.journey],
  } as const
  const ask = async (typed: string) => {
    const found = await Promise.all(cut.map((kind) => searched(kind, typed)))
    return cut.flatMap((kind, number) => isIn(of[kind][0], of[kind][1], found[number] ?? []))
  }
  return { of: `conditions ${cut.join(' ')}`, ask }
}

/** The condition that a choice begins as. */
export function begun(choice: string, words: RuleWords, hand: Hand): Json {
  const [, kind = '', name = ''] = /^(\S*) (.*)$/.exec(choice) ?? []
  const event = words.of('events')[0]?.name ?? ''
  const asked = (of: string | null): Json => ({
    [name]: firstValue(declared(words, of).find((each) => each.path === name)?.schema),
  })
  switch (kind) {
    case 'property':
      return name === '' || isReserved(name) ? { property: asked(hand.event) } : asked(hand.event)
    case 'entry':
      return { entry: asked(hand.entry) }
    case 'answer':
      return { answer: { ok: true } }
    case 'did':
      return { did: name }
    case 'trait': {
      const schema = words.of('traits').find((each) => each.name === name)?.schema as Json
      return { trait: { [name]: firstValue(schema) } }
    }
    case 'segment':
      return { in_segment: name }
    case 'journey':
      return { in_journey: name }
    case 'measure':
      return { count: event, over: 1 }
    case 'sequence':
      return { sequence: [event, event], within: '2h' }
    case 'same':
      return { did_same: event, on: declared(words, event)[0]?.path ?? '', within: '14d' }
    case 'time':
      return { local_time: { after: '09:00', before: '17:00' } }
    case 'age':
      return { age_of: { trait: words.of('traits')[0]?.name ?? '', over: '30d' } }
    case 'group':
      return { [name]: [] }
    // Of a form that no row draws, so that it stands there as text.
    default:
      return { all: '' }
  }
}

function declared(words: RuleWords, event: string | null) {
  return propertiesOf(words.of('events').find((each) => each.name === event)?.schema as Json)
}
