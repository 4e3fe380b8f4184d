// A rule as rows and groups: a view of the JSON that stands under `when`, nothing besides it. What is
// not touched is given back as it came, so that the text of a definition keeps its form. What a rule
// means is never decided here; a part whose form is not known is shown as text.
import { isList, isObject, type Json, type JsonObject } from '../form/json'
import { testsOf } from './tests'

/** What a condition may look at besides the person. Null: there is no such thing here. */
export type Hand = {
  event: string | null
  /** The event that began the journey. */
  entry: string | null
  hasAnswer?: boolean
  /** Only the properties of `event`. */
  isWhere?: boolean
}

export type Word = 'all' | 'any' | 'none'
export type Group = {
  kind: 'group'
  word: Word
  /** How it is written: a list, under its word, as `not`, as several keys of one mapping, or bare. */
  form: 'list' | 'word' | 'not' | 'flat' | 'bare'
  parts: readonly Part[]
}
export type Draws =
  'did' | 'measure' | 'sequence' | 'same' | 'trait' | 'property' | 'standing' | 'time' | 'age'
export type Row = { kind: 'row'; draws: Draws; source: JsonObject }
export type Text = { kind: 'text'; source: Json }
export type Part = Group | Row | Text

export const FUNCTIONS = [
  'count',
  'sum',
  'average',
  'min',
  'max',
  'first',
  'last',
  'unique',
  'most_frequent',
] as const
export const COUNTS = ['at_least', 'at_most', 'exactly', 'over', 'under'] as const
export const STANDING = [
  'in_segment',
  'not_in_segment',
  'in_journey',
  'was_in_journey',
  'reached_goal_of',
] as const
export const SCOPES = ['property', 'entry', 'answer'] as const
export const TESTS = [
  'is',
  'is_not',
  'over',
  'at_least',
  'under',
  'at_most',
  'one_of',
  'none_of',
  'contains',
  'starts_with',
  'ends_with',
  'exists',
] as const

const LOGIC = ['all', 'any', 'none', 'not']
const WINDOW = ['within', 'since']
const KEYS: Readonly<Record<string, readonly string[]>> = {
  did: ['where', ...COUNTS, ...WINDOW],
  did_not: ['where', ...WINDOW],
  sequence: ['within', 'in_last'],
  did_same: ['on', 'subject', 'where', ...WINDOW],
  ...Object.fromEntries(FUNCTIONS.map((word) => [word, ['of', 'where', ...WINDOW, ...TESTS]])),
}
const SHARED = ['trait', ...SCOPES]
const WORDS = [...LOGIC, ...SHARED, ...STANDING, 'local_time', 'age_of', ...Object.keys(KEYS)]

/** Whether a property of this name is written out, under `property:`. */
export const isReserved = (name: string) => WORDS.includes(name)

/** A rule as a group of parts; one part by itself is a group of one. */
export function groupOf(rule: Json | undefined, hand: Hand): Group {
  if (rule === undefined || rule === null || (isObject(rule) && Object.keys(rule).length === 0)) {
    return { kind: 'group', word: 'all', form: 'bare', parts: [] }
  }
  const part = partOf(rule, hand)
  return part.kind === 'group' ? part : { kind: 'group', word: 'all', form: 'bare', parts: [part] }
}

export function partOf(rule: Json, hand: Hand): Part {
  if (isList(rule)) {
    const parts = rule.map((item) => partOf(item, hand))
    return { kind: 'group', word: 'all', form: 'list', parts }
  }
  if (!isObject(rule)) return { kind: 'text', source: rule }
  const slices = slicesOf(rule, hand)
  const [only] = slices
  if (only === undefined) return { kind: 'text', source: rule }
  if (slices.length === 1) return sliceOf(only, hand)
  return {
    kind: 'group',
    word: 'all',
    form: 'flat',
    parts: slices.map((slice) => sliceOf(slice, hand)),
  }
}

/** The mapping cut into its conditions: a measurement with its keys, each trait by itself. */
function slicesOf(rule: JsonObject, hand: Hand): JsonObject[] {
  const measured = hand.isWhere ? [] : Object.keys(rule).filter((key) => key in KEYS)
  if (measured.length > 1) return [rule]
  const [word] = measured
  const taken = word === undefined ? [] : [word, ...(KEYS[word] ?? [])]
  const slices: JsonObject[] = []
  for (const [key, value] of Object.entries(rule)) {
    if (key === word) {
      slices.push(Object.fromEntries(Object.entries(rule).filter(([each]) => taken.includes(each))))
    } else if (SHARED.includes(key) && isObject(value) && Object.keys(value).length > 1) {
      for (const [name, test] of Object.entries(value)) slices.push({ [key]: { [name]: test } })
    } else if (!taken.includes(key)) slices.push({ [key]: value })
  }
  return slices
}

function sliceOf(slice: JsonObject, hand: Hand): Part {
  const [key = '', ...others] = Object.keys(slice)
  const value = slice[key]
  if (others.length === 0 && LOGIC.includes(key)) {
    if (key === 'not' && value !== undefined) {
      return { kind: 'group', word: 'none', form: 'not', parts: [partOf(value, hand)] }
    }
    if (isList(value)) {
      const parts = value.map((item) => partOf(item, hand))
      return { kind: 'group', word: key as Word, form: 'word', parts }
    }
  }
  const draws = drawsOf(slice, hand)
  return draws === null ? { kind: 'text', source: slice } : { kind: 'row', draws, source: slice }
}

/** As what a row can be drawn; null: as text. Every field must be of the form that the row edits. */
function drawsOf(slice: JsonObject, hand: Hand): Draws | null {
  const keys = Object.keys(slice)
  const word = keys.find((key) => key in KEYS)
  if (word !== undefined && !hand.isWhere) return measurementOf(slice, word)
  const [key = ''] = keys
  const value = slice[key]
  if (hand.isWhere && key !== 'property' && WORDS.includes(key)) return null
  if (key === 'trait') return isOneTest(value) ? 'trait' : null
  if (SCOPES.some((scope) => scope === key)) return isOneTest(value) ? 'property' : null
  if (STANDING.some((each) => each === key)) return typeof value === 'string' ? 'standing' : null
  if (key === 'local_time') return isLocalTime(value) ? 'time' : null
  if (key === 'age_of') return isAge(value) ? 'age' : null
  const isProperty = hand.event !== null && !WORDS.includes(key)
  return isProperty && testsOf(value) !== null ? 'property' : null
}

function measurementOf(slice: JsonObject, word: string): Draws | null {
  if (Object.keys(slice).some((key) => key !== word && !KEYS[word]?.includes(key))) return null
  if (!isWindow(slice) || ('where' in slice && !isRule(slice.where))) return null
  if (word === 'sequence') return isSequence(slice) ? 'sequence' : null
  if (typeof slice[word] !== 'string') return null
  if (word === 'did' || word === 'did_not') {
    return COUNTS.every((key) => isNumber(slice[key])) ? 'did' : null
  }
  if (word === 'did_same') return isText(slice.on) && isText(slice.subject) ? 'same' : null
  const tests = Object.fromEntries(
    Object.entries(slice).filter(([key]) => TESTS.some((test) => test === key)),
  )
  const isTested = Object.keys(tests).length === 0 || testsOf(tests) !== null
  return isText(slice.of) && isTested ? 'measure' : null
}

const isText = (value: Json | undefined) => value === undefined || typeof value === 'string'
const isNumber = (value: Json | undefined) => value === undefined || typeof value === 'number'
const isRule = (value: Json | undefined) => isObject(value) || isList(value)
const isWindow = (slice: JsonObject) =>
  isText(slice.within) && isText(slice.since) && isText(slice.in_last)

function isOneTest(value: Json | undefined): boolean {
  if (!isObject(value)) return false
  const tests = Object.values(value)
  return tests.length === 1 && testsOf(tests[0]) !== null
}

function isSequence({ sequence }: JsonObject): boolean {
  return isList(sequence) && sequence.length === 2 && sequence.every(isMatch)
}

function isMatch(value: Json): boolean {
  if (typeof value === 'string') return true
  if (!isObject(value) || typeof value.did !== 'string') return false
  const isKnown = Object.keys(value).every((key) => key === 'did' || key === 'where')
  return isKnown && (!('where' in value) || isRule(value.where))
}

function isLocalTime(value: Json | undefined): boolean {
  if (!isObject(value)) return false
  const { weekdays, after, before, ...others } = value
  const days = weekdays ?? []
  const isDays = isList(days) ? days.every((day) => typeof day === 'string') : isText(days)
  return isDays && isText(after) && isText(before) && Object.keys(others).length === 0
}

function isAge(value: Json | undefined): boolean {
  if (!isObject(value)) return false
  const { trait, over, under, ...others } = value
  return isText(trait) && isText(over) && isText(under) && Object.keys(others).length === 0
}

/** The JSON of a part: what came, where nothing of it was changed. */
export function jsonOf(part: Part): Json {
  if (part.kind !== 'group') return part.source
  const inner = part.parts.map(jsonOf)
  const [first] = inner
  switch (part.form) {
    case 'list':
      return part.word === 'all' ? inner : { [part.word]: inner }
    case 'word':
      return { [part.word]: inner }
    case 'not':
      return part.word === 'none' && first !== undefined && inner.length === 1
        ? { not: first }
        : { [part.word]: inner }
    case 'flat':
      return (part.word === 'all' ? merged(inner) : null) ?? { [part.word]: inner }
    case 'bare':
      if (first === undefined) return {}
      return part.word === 'all' && inner.length === 1 ? first : { [part.word]: inner }
  }
}

/** Several conditions as one mapping, where each key belongs to one of them; else null. */
function merged(parts: readonly Json[]): Json | null {
  let whole: JsonObject = {}
  for (const part of parts) {
    if (!isObject(part)) return null
    for (const [key, value] of Object.entries(part)) {
      const there = whole[key]
      if (there === undefined) whole = { ...whole, [key]: value }
      else if (SHARED.includes(key) && isApart(there, value)) {
        whole = { ...whole, [key]: { ...(there as JsonObject), ...(value as JsonObject) } }
      } else return null
    }
  }
  return Object.keys(whole).filter((key) => key in KEYS).length > 1 ? null : whole
}

function isApart(one: Json, other: Json): boolean {
  return isObject(one) && isObject(other) && Object.keys(other).every((key) => !(key in one))
}
