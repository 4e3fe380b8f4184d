// Comparisons of one value: operator and value, by the type that is declared; several all hold.
import { IconX } from '@tabler/icons-react'
import { RULE } from '@/words/rule'
import { ChoiceField } from '../form/inputs'
import { isList, type Json } from '../form/json'
import { firstValue, typeOf, ValueField, ValuesField } from '../form/value'
import { useWords } from './context'
import type { Fact } from './seen'
import { Suggesting } from './suggest'
import { isManyValued, ofTests, type Test, testsOf } from './tests'

type Props = {
  label: string
  schema: Json | undefined
  /** As it stands in the definition. */
  value: Json | undefined
  onChange: (value: Json) => void
  /** Of what the value is, where values of it can be suggested. */
  fact?: Fact
}

export function Comparisons({ label, schema, value, onChange, fact }: Props) {
  const { isReadOnly } = useWords()
  const tests = testsOf(value) ?? []
  const put = (number: number, test: Test) =>
    onChange(ofTests(tests.map((each, index) => (index === number ? test : each))))
  const free = operatorsFor(schema, null).filter(
    (operator) => !tests.some((test) => test.operator === operator),
  )
  return (
    <>
      {tests.map((test, number) => (
        <Comparison
          key={number}
          label={label}
          schema={schema}
          fact={fact}
          test={test}
          taken={tests.map((each) => each.operator)}
          onChange={(next) => put(number, next)}
          onRemove={
            tests.length > 1
              ? () => onChange(ofTests(tests.filter((_, index) => index !== number)))
              : undefined
          }
        />
      ))}
      {!isReadOnly && free[0] !== undefined && (
        <button
          type="button"
          className="rule-more"
          aria-label={`${label}: ${RULE.andAlso}`}
          onClick={() => onChange(ofTests([...tests, begun(free, schema)]))}
        >
          {RULE.andAlso}
        </button>
      )}
    </>
  )
}

function begun(free: readonly string[], schema: Json | undefined): Test {
  const operator = ['at_most', 'under', 'is_not'].find((each) => free.includes(each)) ?? 'is_not'
  return { operator, value: firstValue(schema) }
}

type OneProps = {
  label: string
  schema: Json | undefined
  fact?: Fact
  test: Test
  taken: readonly string[]
  onChange: (test: Test) => void
  onRemove?: () => void
}

function Comparison({ label, schema, fact, test, taken, onChange, onRemove }: OneProps) {
  const { isReadOnly } = useWords()
  const isMissing = test.operator === 'exists' && test.value === false
  const operators = operatorsFor(schema, test.operator).filter(
    (each) => each === test.operator || !taken.includes(each),
  )
  const options = operators.map((each) => [each, RULE.operators[each]] as const)
  const isTherePossible = operators.includes('exists')
  const shown = isTherePossible ? [...options, ['missing', RULE.missing] as const] : options
  return (
    <span className="fields">
      <ChoiceField
        label={`${label}: ${RULE.operator}`}
        value={isMissing ? 'missing' : test.operator}
        options={shown}
        isReadOnly={isReadOnly}
        onChange={(operator) => onChange(turned(test, operator, schema))}
      />
      {test.operator !== 'exists' && (
        <Value label={label} schema={schema} fact={fact} test={test} onChange={onChange} />
      )}
      {onRemove !== undefined && !isReadOnly && (
        <button type="button" className="rule-more" aria-label={RULE.removeTest} onClick={onRemove}>
          <IconX size={13} />
        </button>
      )}
    </span>
  )
}

type ValueProps = Pick<OneProps, 'label' | 'schema' | 'fact' | 'test' | 'onChange'>

function Value({ label, schema, fact, test, onChange }: ValueProps) {
  const { isReadOnly } = useWords()
  const Field = isManyValued(test.operator) ? ValuesField : ValueField
  return (
    <Suggesting fact={fact}>
      <Field
        label={`${label}: ${RULE.value}`}
        schema={schema}
        value={test.value}
        isReadOnly={isReadOnly}
        onChange={(value) => onChange({ ...test, value })}
      />
    </Suggesting>
  )
}

type Operator = keyof typeof RULE.operators
const ALL = Object.keys(RULE.operators) as Operator[]
const ORDER: readonly Operator[] = ['over', 'at_least', 'under', 'at_most']
const TEXTS: readonly Operator[] = ['contains', 'starts_with', 'ends_with']

/** Those that make sense for a value of the type; the one that stands there always. */
function operatorsFor(schema: Json | undefined, present: string | null): Operator[] {
  const type = typeOf(schema, null)
  const isKnown = schema !== undefined && Object.keys(schema ?? {}).length > 0
  const isLeftOut = (operator: Operator) => {
    if (!isKnown || operator === present) return false
    if (type.kind === 'boolean' || type.kind === 'choice') {
      const isMany = isManyValued(operator) && type.kind === 'boolean'
      return ORDER.includes(operator) || TEXTS.includes(operator) || isMany
    }
    return type.kind === 'number' ? TEXTS.includes(operator) : ['over', 'under'].includes(operator)
  }
  return ALL.filter((operator) => !isLeftOut(operator))
}

/** The test with another operator, its value kept where it can be. */
function turned(test: Test, operator: string, schema: Json | undefined): Test {
  if (operator === 'exists' || operator === 'missing') {
    return { operator: 'exists', value: operator === 'exists' }
  }
  const isMany = isManyValued(operator)
  const [first] = isList(test.value) ? test.value : [test.value]
  const before = test.operator === 'exists' ? firstValue(schema) : (first ?? firstValue(schema))
  if (!isMany) return { operator, value: before }
  return { operator, value: isList(test.value) ? test.value : before === '' ? [] : [before] }
}
