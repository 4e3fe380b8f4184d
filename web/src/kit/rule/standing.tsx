// Rows about the person: traits, segments, journeys, their clock; and about an event's properties.
import { title } from '@/words/format'
import { RULE } from '@/words/rule'
import { ChoiceField, DaysField, DurationField, TextField } from '../form/inputs'
import { isList, isObject, type Json, type JsonObject, withField } from '../form/json'
import { Pick } from '../form/pick'
import { firstValue } from '../form/value'
import { searched } from './ask'
import { Comparisons } from './compare'
import { optionsOf, useWords } from './context'
import { propertiesOf } from './properties'
import { type Hand, isReserved, SCOPES } from './tree'

type Props = { source: JsonObject; onChange: (source: JsonObject) => void; hand: Hand }

const text = (value: Json | undefined) => (typeof value === 'string' ? value : '')

export function Trait({ source, onChange }: Props) {
  const { of, isReadOnly } = useWords()
  const [name = '', test] = Object.entries(isObject(source.trait) ? source.trait : {})[0] ?? []
  const schema = of('traits').find((each) => each.name === name)?.schema as Json
  function turn(next: string) {
    const declared = of('traits').find((each) => each.name === next)?.schema as Json
    onChange({ trait: { [next]: firstValue(declared) } })
  }
  return (
    <>
      <span className="rule-word">{RULE.their}</span>
      <Pick
        label={RULE.trait}
        value={name}
        options={optionsOf(of('traits'))}
        isReadOnly={isReadOnly}
        onPick={turn}
      />
      <Comparisons
        label={name}
        schema={schema}
        fact={{ word: name, path: '' }}
        value={test}
        onChange={(next) => onChange({ trait: { [name]: next } })}
      />
    </>
  )
}

/** Of the event at hand, bare or under `property:`; of what began the journey; of an answer. */
export function Property({ source, onChange, hand }: Props) {
  const { of, isReadOnly } = useWords()
  const scope = SCOPES.find((each) => each in source && isObject(source[each]))
  const inner = scope === undefined ? source : (source[scope] as JsonObject)
  const [path = '', test] = Object.entries(inner)[0] ?? []
  const event = scope === 'entry' ? hand.entry : scope === 'answer' ? null : hand.event
  const declared = propertiesOf(of('events').find((each) => each.name === event)?.schema as Json)
  const give = (name: string, next: Json) => {
    const under = scope ?? (isReserved(name) ? 'property' : undefined)
    onChange(under === undefined ? { [name]: next } : { [under]: { [name]: next } })
  }
  const schemaOf = (name: string) => declared.find((each) => each.path === name)?.schema
  return (
    <>
      <span className="rule-word">{hand.isWhere ? '' : RULE.scopes[scope ?? 'property']}</span>
      <Pick
        label={RULE.property}
        value={path}
        options={declared.map((each) => ({ value: each.path, label: each.path }))}
        isFree={declared.length === 0}
        isReadOnly={isReadOnly}
        onPick={(name) => give(name, firstValue(schemaOf(name)))}
      />
      <Comparisons
        label={path}
        schema={schemaOf(path)}
        fact={event === null ? undefined : { word: event, path }}
        value={test}
        onChange={(next) => give(path, next)}
      />
    </>
  )
}

export function Standing({ source, onChange }: Props) {
  const { of, cut, isReadOnly } = useWords()
  const [word = '', name] = Object.entries(source)[0] ?? []
  const isSegment = word.endsWith('in_segment')
  const kind = isSegment ? 'segments' : 'journeys'
  const told = optionsOf(of(kind))
  const isTold = text(name) === '' || told.some((each) => each.value === name)
  // Of very many not all names were told: what stands there is called as any other.
  const known =
    isTold || !cut.includes(kind)
      ? told
      : [...told, { value: text(name), label: title(text(name)) }]
  return (
    <>
      <ChoiceField<string>
        label={RULE.standingLabel}
        value={word}
        options={isSegment ? RULE.standing : RULE.journeys}
        isReadOnly={isReadOnly}
        onChange={(next) => onChange({ [next]: name ?? '' })}
      />
      <Pick
        label={isSegment ? RULE.segment : RULE.journey}
        value={text(name)}
        options={known}
        search={
          cut.includes(kind) ? { of: kind, ask: (typed) => searched(kind, typed) } : undefined
        }
        isReadOnly={isReadOnly}
        onPick={(next) => onChange({ [word]: next })}
      />
    </>
  )
}

export function Clock({ source, onChange }: Props) {
  const { isReadOnly } = useWords()
  const time = isObject(source.local_time) ? source.local_time : {}
  const days = isList(time.weekdays) ? time.weekdays.map(String) : [text(time.weekdays)]
  const give = (key: string, value: Json | undefined) =>
    onChange({ local_time: withField(time, key, value) })
  return (
    <>
      <span className="rule-word">{RULE.clock}</span>
      {(['after', 'before'] as const).map((key) => (
        <span key={key} className="fields">
          <span className="rule-word">{RULE[key]}</span>
          <TextField
            placeholder="09:00"
            label={RULE[key]}
            value={text(time[key])}
            isReadOnly={isReadOnly}
            onChange={(minute) => give(key, minute || undefined)}
          />
        </span>
      ))}
      <span className="rule-word">{RULE.clockDays}</span>
      <DaysField
        label={RULE.daysLabel}
        value={days.filter(Boolean)}
        isReadOnly={isReadOnly}
        onChange={(next) => give('weekdays', next.length > 0 ? next : undefined)}
      />
    </>
  )
}

export function Age({ source, onChange }: Props) {
  const { of, isReadOnly } = useWords()
  const age = isObject(source.age_of) ? source.age_of : {}
  const present = (['over', 'under'] as const).filter((key) => key in age)
  const shown = present.length > 0 ? present : (['over'] as const)
  return (
    <>
      <span className="rule-word">{RULE.age}</span>
      {shown.map((key) => (
        <span key={key} className="fields">
          <ChoiceField<string>
            label={RULE.ageLabel}
            value={key}
            options={shown.length > 1 ? RULE.ages.filter(([each]) => each === key) : RULE.ages}
            isReadOnly={isReadOnly}
            onChange={(next) => {
              const { [key]: size, ...others } = age
              onChange({ age_of: { ...others, [next]: size ?? '30d' } })
            }}
          />
          <DurationField
            label={RULE.windowSize}
            value={text(age[key])}
            isReadOnly={isReadOnly}
            onChange={(size) => onChange({ age_of: { ...age, [key]: size } })}
          />
        </span>
      ))}
      <span className="rule-word">{RULE.since}</span>
      <Pick
        label={RULE.trait}
        value={text(age.trait)}
        options={optionsOf(of('traits'))}
        isReadOnly={isReadOnly}
        onPick={(trait) => onChange({ age_of: { ...age, trait } })}
      />
    </>
  )
}
