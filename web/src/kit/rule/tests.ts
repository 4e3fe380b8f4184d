// What a value is compared with: `PT`, `[PT, ES]`, `{over: 40, under: 100}`, as a list of tests.
import { isList, isObject, type Json } from '../form/json'

export type Scalar = null | boolean | number | string
export type Test = { operator: string; value: Json }

const LISTS = ['one_of', 'none_of']
const OPERATORS = [
  'is',
  'is_not',
  'over',
  'at_least',
  'under',
  'at_most',
  ...LISTS,
  'contains',
  'starts_with',
  'ends_with',
  'exists',
]

/** Null: of a form that is not drawn. */
export function testsOf(value: Json | undefined): Test[] | null {
  if (isScalar(value)) return [{ operator: 'is', value }]
  if (isList(value)) return isScalars(value) ? [{ operator: 'one_of', value }] : null
  if (!isObject(value)) return null
  const tests = Object.entries(value).map(([operator, each]) => ({ operator, value: each }))
  return tests.length > 0 && tests.every(isKnown) ? tests : null
}

/** The shortest form: a value, a list, or operators. */
export function ofTests(tests: readonly Test[]): Json {
  const [first] = tests
  if (tests.length === 1 && first !== undefined && ['is', 'one_of'].includes(first.operator)) {
    return first.value
  }
  return Object.fromEntries(tests.map((test) => [test.operator, test.value]))
}

export const isManyValued = (operator: string) => LISTS.includes(operator)

export function isScalar(value: Json | undefined): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function isScalars(value: readonly Json[]): boolean {
  return value.every((each) => isScalar(each))
}

function isKnown({ operator, value }: Test): boolean {
  if (!OPERATORS.includes(operator)) return false
  if (isManyValued(operator)) return isList(value) && isScalars(value)
  return operator === 'exists' ? typeof value === 'boolean' : isScalar(value)
}
