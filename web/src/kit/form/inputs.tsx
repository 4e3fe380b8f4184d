// Small fields: text, number, duration, choice, date, days of the week, and text that is checked.
import { useId, useState } from 'react'
import { FORM } from '@/words/form'
import { isSame, type Json } from './json'
import { useSuggested } from './suggested'
import { useTyped } from './typed'
import './form.css'

type Field<Value> = {
  label: string
  value: Value
  onChange: (value: Value) => void
  isReadOnly?: boolean
  placeholder?: string
  id?: string
}

export function TextField(props: Field<string> & { isLong?: boolean; type?: string }) {
  const { label, value, onChange, isReadOnly, placeholder, id, type = 'text' } = props
  const typed = useTyped(value, onChange)
  const list = useSuggested()
  return (
    <input
      id={id}
      list={list === '' ? undefined : list}
      className="field"
      data-long={props.isLong}
      type={type}
      aria-label={label}
      placeholder={placeholder}
      readOnly={isReadOnly}
      size={props.isLong ? undefined : Math.min(28, Math.max(6, typed.value.length + 1))}
      {...typed}
    />
  )
}

/** Null: nothing is written there yet. */
export function NumberField(
  props: Field<number | null> & { isWhole?: boolean; least?: number; most?: number },
) {
  const { label, value, onChange, isReadOnly, id } = props
  const typed = useTyped(value === null ? '' : String(value), (text) => {
    const number = Number(text)
    if (text.trim() === '' || Number.isNaN(number)) return
    if (props.isWhole && !Number.isInteger(number)) return
    onChange(number)
  })
  return (
    <input
      id={id}
      className="field field-number"
      type="number"
      step={props.isWhole ? 1 : 'any'}
      min={props.least}
      max={props.most}
      aria-label={label}
      readOnly={isReadOnly}
      {...typed}
    />
  )
}

const SIMPLE = /^\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*$/

/** `2h` as a number and a unit; what has several units as it is written. */
export function DurationField({ label, value, onChange, isReadOnly, id }: Field<string>) {
  const [, amount, unit] = SIMPLE.exec(value) ?? []
  const isSimple = value === '' || amount !== undefined
  const text = useTyped(value, onChange)
  if (!isSimple) {
    return (
      <input
        id={id}
        className="field"
        aria-label={label}
        title={FORM.durationHint}
        size={10}
        readOnly={isReadOnly}
        {...text}
      />
    )
  }
  const write = (number: number | null, of: string) => onChange(`${number ?? 1}${of}`)
  return (
    <span className="fields">
      <NumberField
        id={id}
        label={label}
        least={0}
        value={amount === undefined ? null : Number(amount)}
        isReadOnly={isReadOnly}
        onChange={(number) => write(number, unit ?? 'h')}
      />
      <ChoiceField
        label={FORM.unit(label)}
        value={unit ?? 'h'}
        options={FORM.units}
        isReadOnly={isReadOnly}
        onChange={(next) => write(amount === undefined ? null : Number(amount), next)}
      />
    </span>
  )
}

type ChoiceProps<Name extends string> = Field<Name> & {
  options: readonly (readonly [Name, string])[]
}

/** Few things to choose from, all known. */
export function ChoiceField<Name extends string>(props: ChoiceProps<Name>) {
  const { label, value, onChange, options, isReadOnly, id } = props
  const isKnown = options.some(([name]) => name === value)
  return (
    <select
      id={id}
      className="field field-choice"
      aria-label={label}
      value={value}
      disabled={isReadOnly}
      onChange={(event) => onChange(event.currentTarget.value as Name)}
    >
      {!isKnown && <option value={value}>{value || FORM.choose}</option>}
      {options.map(([name, shown]) => (
        <option key={name} value={name}>
          {shown}
        </option>
      ))}
    </select>
  )
}

export function DaysField({ label, value, onChange, isReadOnly }: Field<readonly string[]>) {
  const toggle = (day: string) =>
    onChange(
      FORM.days.map(([name]) => name).filter((name) => value.includes(name) !== (name === day)),
    )
  return (
    <span className="fields" role="group" aria-label={label}>
      {FORM.days.map(([day, shown]) => (
        <button
          key={day}
          type="button"
          className="day"
          aria-pressed={value.includes(day)}
          disabled={isReadOnly}
          onClick={() => toggle(day)}
        >
          {shown}
        </button>
      ))}
    </span>
  )
}

/** Anything, as JSON; only what can be read is taken. */
export function JsonField({ label, value, onChange, isReadOnly, id }: Field<Json>) {
  const [typed, setTyped] = useState<string | null>(null)
  const wrong = useId()
  const read = typed === null ? { value } : parsed(typed)
  function done() {
    if (typed === null || read === null) return
    setTyped(null)
    if (!isSame(read.value, value)) onChange(read.value)
  }
  return (
    <span className="field-json">
      <textarea
        id={id}
        className="field mono"
        aria-label={label}
        aria-invalid={read === null}
        aria-describedby={wrong}
        rows={Math.min(8, (typed ?? written(value)).split('\n').length)}
        spellCheck={false}
        readOnly={isReadOnly}
        value={typed ?? written(value)}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={done}
      />
      <span id={wrong} className="small" data-wrong={read === null} role="status">
        {read === null ? FORM.notJson : FORM.textHint}
      </span>
    </span>
  )
}

function parsed(text: string): { value: Json } | null {
  try {
    return { value: JSON.parse(text) as Json }
  } catch {
    return null
  }
}

const LINE_LENGTH = 48

function written(value: Json): string {
  const line = JSON.stringify(value)
  return line.length <= LINE_LENGTH ? line : JSON.stringify(value, null, 2)
}
