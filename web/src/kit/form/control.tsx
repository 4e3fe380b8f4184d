// One value of a generated form, drawn as its schema says.
import { FORM } from '@/words/form'
import { useForm } from './context'
import { ChoiceField, DaysField, DurationField, JsonField, NumberField, TextField } from './inputs'
import { isList, isObject, type Json } from './json'
import { Pick } from './pick'
import { drawnOf, type Schema } from './schema'
import { ValueField } from './value'

type Props = { label: string; schema: Schema; value: Json | undefined; path: string }

const text = (value: Json | undefined) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

export function Control({ label, schema, value, path }: Props) {
  const { definitions, onChange, rule, names } = useForm()
  const drawn = drawnOf(schema, value, definitions)
  const isReadOnly = onChange === undefined
  const give = (next: Json | undefined) => onChange?.(path, next)
  const common = { label, isReadOnly }
  switch (drawn.kind) {
    case 'text':
    case 'names':
      if (names(path) !== null || drawn.kind === 'names') {
        return <Names {...common} value={value} path={path} isMany={drawn.kind === 'names'} />
      }
      return <TextField {...common} isLong value={text(value)} onChange={give} />
    case 'number':
    case 'whole':
      return (
        <NumberField
          {...common}
          isWhole={drawn.kind === 'whole'}
          value={typeof value === 'number' ? value : null}
          onChange={(number) => give(number ?? undefined)}
        />
      )
    case 'boolean':
    case 'true':
      return (
        <ChoiceField
          {...common}
          value={String(value === true)}
          options={[
            ['true', FORM.yes],
            ['false', FORM.no],
          ]}
          onChange={(next) =>
            give(drawn.kind === 'true' && next === 'false' ? undefined : next === 'true')
          }
        />
      )
    case 'duration':
      return <DurationField {...common} value={text(value)} onChange={give} />
    case 'time':
      return <TextField {...common} placeholder="09:00" value={text(value)} onChange={give} />
    case 'share':
      return <Share {...common} value={value} onChange={give} />
    case 'days': {
      const days = isList(value) ? value.map(String) : [text(value)]
      return <DaysField {...common} value={days.filter(Boolean)} onChange={give} />
    }
    case 'choice':
      return (
        <ChoiceField<string>
          {...common}
          value={text(value)}
          options={drawn.options.map((each) => [each, each] as const)}
          onChange={give}
        />
      )
    case 'rule':
      return rule(path, value, give) ?? <Written {...common} value={value} onChange={give} />
    case 'json':
      if (!isObject(value) && !isList(value)) {
        return <ValueField {...common} schema={schema} value={value ?? ''} onChange={give} />
      }
      return <Written {...common} value={value} onChange={give} />
    case 'fields':
    case 'list':
    case 'values':
    case 'steps':
      return <Written {...common} value={value} onChange={give} />
  }
}

type GivenProps = {
  label: string
  isReadOnly: boolean
  value: Json | undefined
  onChange: (value: Json) => void
}

function Written({ value, ...rest }: GivenProps) {
  return <JsonField {...rest} value={value ?? null} />
}

/** `50%` or `0.5`, in percent. */
function Share({ label, isReadOnly, value, onChange }: GivenProps) {
  const part = typeof value === 'number' ? value * 100 : Number.parseFloat(text(value))
  return (
    <span className="fields">
      <NumberField
        label={label}
        least={0}
        most={100}
        value={Number.isNaN(part) ? null : part}
        isReadOnly={isReadOnly}
        onChange={(percent) => onChange(`${percent ?? 0}%`)}
      />
      <span className="rule-word">%</span>
    </span>
  )
}

type NamesProps = Omit<GivenProps, 'onChange'> & { path: string; isMany: boolean }

/** One name, or where several may stand, a list of them. */
function Names({ label, isReadOnly, value, path, isMany }: NamesProps) {
  const { names, onChange } = useForm()
  const options = names(path)
  const chosen = isList(value)
    ? value.map(String)
    : value === ''
      ? []
      : [text(value)].filter(Boolean)
  const give = (next: readonly string[]) =>
    onChange?.(path, next.length === 1 && !isList(value) ? (next[0] ?? '') : next)
  const pick = (number: number) => (name: string) =>
    give(
      number === chosen.length
        ? [...chosen, name]
        : chosen.map((each, at) => (at === number ? name : each)),
    )
  const slots = isMany || chosen.length === 0 ? [...chosen, ''] : chosen
  return (
    <span className="fields">
      {slots.map((name, number) =>
        isReadOnly && name === '' ? null : (
          <Pick
            key={number}
            label={slots.length > 1 ? `${label} ${number + 1}` : label}
            value={name}
            options={[
              ...(options ?? []).filter(
                (each) => each.value === name || !chosen.includes(each.value),
              ),
              ...(name !== '' && slots.length > 1 ? [{ value: '', label: FORM.nothingThere }] : []),
            ]}
            isFree={options === null}
            isReadOnly={isReadOnly}
            placeholder={chosen.length > 0 ? FORM.addValue : FORM.choose}
            onPick={(next) =>
              next === '' ? give(chosen.filter((_, at) => at !== number)) : pick(number)(next)
            }
          />
        ),
      )}
    </span>
  )
}
