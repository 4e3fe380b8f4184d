// One value of the type that the data dictionary declares: a choice, yes or no, a number, a date, text.
import { FORM } from '@/words/form'
import { ChoiceField, NumberField, TextField } from './inputs'
import { isList, isObject, type Json } from './json'

type Props = {
  label: string
  schema: Json | undefined
  value: Json
  onChange: (value: Json) => void
  isReadOnly?: boolean
}

export function ValueField({ label, schema, value, onChange, isReadOnly }: Props) {
  const type = typeOf(schema, value)
  const common = { label, isReadOnly }
  switch (type.kind) {
    case 'choice': {
      const shown = type.values.map((each) => [JSON.stringify(each), String(each)] as const)
      return (
        <ChoiceField
          {...common}
          value={JSON.stringify(value)}
          options={shown}
          onChange={(text) => onChange(JSON.parse(text) as Json)}
        />
      )
    }
    case 'boolean':
      return (
        <ChoiceField
          {...common}
          value={String(value)}
          options={[
            ['true', FORM.yes],
            ['false', FORM.no],
          ]}
          onChange={(text) => onChange(text === 'true')}
        />
      )
    case 'number':
      return (
        <NumberField
          {...common}
          isWhole={type.isWhole}
          value={typeof value === 'number' ? value : null}
          onChange={onChange}
        />
      )
    case 'text':
      return (
        <TextField
          {...common}
          type={type.input}
          value={typeof value === 'string' ? value : ''}
          onChange={onChange}
        />
      )
  }
}

/** Several values, written one after the other. */
export function ValuesField({ label, schema, value, onChange, isReadOnly }: Props) {
  const values = isList(value) ? value : []
  const isNumbers = typeOf(schema, values[0] ?? '').kind === 'number'
  return (
    <TextField
      label={FORM.values(label)}
      value={values.map(String).join(', ')}
      isReadOnly={isReadOnly}
      onChange={(text) => {
        const words = text.split(',').map((word) => word.trim())
        onChange(words.filter(Boolean).map((word) => valueOf(word, values, isNumbers)))
      }}
    />
  )
}

/** As what a typed word is meant: the value that was there, a number where those are, else text. */
function valueOf(word: string, before: readonly Json[], isNumbers: boolean): Json {
  const there = before.find((each) => String(each) === word)
  if (there !== undefined) return there
  const number = Number(word)
  return isNumbers && !Number.isNaN(number) ? number : word
}

/** What a value of this type begins as. */
export function firstValue(schema: Json | undefined): Json {
  const type = typeOf(schema, null)
  switch (type.kind) {
    case 'choice':
      return type.values[0] ?? ''
    case 'boolean':
      return true
    case 'number':
      return 0
    case 'text':
      return ''
  }
}

export type ValueType =
  | { kind: 'choice'; values: readonly Json[] }
  | { kind: 'boolean' }
  | { kind: 'number'; isWhole: boolean }
  | { kind: 'text'; input: 'text' | 'date' }

const DATE_LENGTH = 10

/** By the declaration; where there is none, by the value that stands there. */
export function typeOf(schema: Json | undefined, value: Json): ValueType {
  const declared = isObject(schema) ? schema : {}
  if (isList(declared.enum)) return { kind: 'choice', values: declared.enum }
  const types = isList(declared.type) ? declared.type : [declared.type]
  if (types.includes('boolean') || (types[0] === undefined && typeof value === 'boolean')) {
    return { kind: 'boolean' }
  }
  const isNumber = types.includes('number') || types.includes('integer')
  if (isNumber || (types[0] === undefined && typeof value === 'number')) {
    return { kind: 'number', isWhole: isNumber && !types.includes('number') }
  }
  const isDay = declared.format === 'date' || declared.format === 'date-time'
  const isShort = typeof value !== 'string' || value === '' || value.length === DATE_LENGTH
  return { kind: 'text', input: isDay && isShort ? 'date' : 'text' }
}
