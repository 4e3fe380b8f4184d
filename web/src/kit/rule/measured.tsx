// Rows about what people did: counts, measurements, sequences, the same thing again.
import { RULE } from '@/words/rule'
import { ChoiceField, DurationField, NumberField } from '../form/inputs'
import { isList, isObject, type Json, type JsonObject, without, withField } from '../form/json'
import { Pick } from '../form/pick'
import { Comparisons } from './compare'
import { optionsOf, useWords } from './context'
import { propertiesOf } from './properties'
import { COUNTS, FUNCTIONS, TESTS } from './tree'
import { Where } from './where'

export type RowProps = {
  source: JsonObject
  onChange: (source: JsonObject) => void
  /** The event that began the journey, where one did. */
  entry: string | null
}

const text = (value: Json | undefined) => (typeof value === 'string' ? value : '')

export function Did({ source, onChange }: RowProps) {
  const { isReadOnly } = useWords()
  const word = 'did' in source ? 'did' : 'did_not'
  const event = text(source[word])
  function turn(next: string) {
    const taken = next === 'did_not' ? [word, ...COUNTS] : [word]
    onChange({ [next]: event, ...without(source, ...taken) })
  }
  return (
    <>
      <ChoiceField
        label={RULE.didLabel}
        value={word}
        options={RULE.did}
        isReadOnly={isReadOnly}
        onChange={turn}
      />
      <EventPick
        label={RULE.event}
        value={event}
        onPick={(name) => onChange({ ...without(source, 'where'), [word]: name })}
      />
      {word === 'did' && <Counts source={source} onChange={onChange} />}
      <Window source={source} onChange={onChange} />
      <Where source={source} onChange={onChange} event={event} />
    </>
  )
}

function Counts({ source, onChange }: Omit<RowProps, 'entry'>) {
  const { isReadOnly } = useWords()
  const present = COUNTS.filter((key) => key in source)
  const [first] = present
  const options = [
    ['', RULE.anyCount] as const,
    ...COUNTS.map((key) => [key, RULE.counts[key]] as const),
  ]
  if (first === undefined) {
    return (
      <ChoiceField
        label={RULE.countLabel}
        value=""
        options={options}
        isReadOnly={isReadOnly}
        onChange={(key) => key !== '' && onChange({ ...source, [key]: key === 'over' ? 1 : 2 })}
      />
    )
  }
  return present.map((key) => (
    <span key={key} className="fields">
      <ChoiceField
        label={RULE.countLabel}
        value={key}
        options={options.filter(([each]) => each === key || !(each in source))}
        isReadOnly={isReadOnly}
        onChange={(next) => {
          const left = without(source, key)
          onChange(next === '' ? left : { ...left, [next]: source[key] ?? 1 })
        }}
      />
      <NumberField
        label={RULE.timesLabel}
        isWhole
        least={0}
        value={Number(source[key])}
        isReadOnly={isReadOnly}
        onChange={(times) => onChange({ ...source, [key]: times ?? 1 })}
      />
      <span className="rule-word">{RULE.times}</span>
    </span>
  ))
}

export function Measure({ source, onChange }: RowProps) {
  const { of, isReadOnly } = useWords()
  const word = FUNCTIONS.find((key) => key in source) ?? 'count'
  const isBare = word === 'count' && !('of' in source)
  const event = text(isBare ? source.count : source.of)
  const declared = propertiesOf(of('events').find((each) => each.name === event)?.schema as Json)
  const path = isBare ? '' : text(source[word])
  const schema = declared.find((each) => each.path === path)?.schema
  const tests = Object.fromEntries(
    Object.entries(source).filter(([key]) => TESTS.some((test) => test === key)),
  )
  const isNumber = !['first', 'last', 'most_frequent'].includes(word)
  function turn(next: string) {
    const others = without(source, word, 'of')
    const named = path || declared[0]?.path || ''
    onChange(
      next === 'count' ? { count: event, ...others } : { [next]: named, of: event, ...others },
    )
  }
  return (
    <>
      <ChoiceField
        label={RULE.functionLabel}
        value={word}
        options={FUNCTIONS.map((key) => [key, RULE.functions[key]] as const)}
        isReadOnly={isReadOnly}
        onChange={turn}
      />
      {!isBare && (
        <>
          <Pick
            label={RULE.property}
            value={path}
            options={declared.map((each) => ({ value: each.path, label: each.path }))}
            isFree={declared.length === 0}
            isReadOnly={isReadOnly}
            onPick={(name) => onChange({ ...source, [word]: name })}
          />
          <span className="rule-word">{RULE.of}</span>
        </>
      )}
      <EventPick
        label={RULE.event}
        value={event}
        onPick={(name) =>
          onChange({ ...without(source, 'where'), [isBare ? 'count' : 'of']: name })
        }
      />
      <Comparisons
        label={path || event}
        schema={isNumber ? { type: 'number' } : schema}
        value={Object.keys(tests).length > 0 ? tests : { over: 0 }}
        onChange={(next) => {
          const asked = isObject(next) ? next : isList(next) ? { one_of: next } : { is: next }
          onChange({ ...without(source, ...Object.keys(tests)), ...asked })
        }}
      />
      <Window source={source} onChange={onChange} />
      <Where source={source} onChange={onChange} event={event} />
    </>
  )
}

export function Sequence({ source, onChange }: RowProps) {
  const { isReadOnly } = useWords()
  const pair = isList(source.sequence) ? source.sequence : []
  const put = (number: number, match: Json) =>
    onChange({ ...source, sequence: pair.map((each, index) => (index === number ? match : each)) })
  return (
    <>
      <span className="rule-word">{RULE.didSame}</span>
      <Match label={RULE.first} value={pair[0]} onChange={(match) => put(0, match)} />
      <span className="rule-word">{RULE.then}</span>
      <Match label={RULE.thenLabel} value={pair[1]} onChange={(match) => put(1, match)} />
      <span className="rule-word">{RULE.within}</span>
      <DurationField
        label={RULE.withinLabel}
        value={text(source.within)}
        isReadOnly={isReadOnly}
        onChange={(within) => onChange({ ...source, within })}
      />
      <ChoiceField
        label={RULE.inLastLabel}
        value={'in_last' in source ? 'in_last' : ''}
        options={[
          ['', RULE.anyTime],
          ['in_last', RULE.inLast],
        ]}
        isReadOnly={isReadOnly}
        onChange={(key) =>
          onChange(key === '' ? without(source, 'in_last') : { ...source, in_last: '7d' })
        }
      />
      {'in_last' in source && (
        <DurationField
          label={RULE.inLastLabel}
          value={text(source.in_last)}
          isReadOnly={isReadOnly}
          onChange={(size) => onChange({ ...source, in_last: size })}
        />
      )}
    </>
  )
}

type MatchProps = { label: string; value: Json | undefined; onChange: (value: Json) => void }

/** An event of a sequence: its name alone, or with what must be true of it. */
function Match({ label, value, onChange }: MatchProps) {
  const match = isObject(value) ? value : { did: text(value) }
  const give = (next: JsonObject) => onChange('where' in next ? next : (next.did ?? ''))
  return (
    <>
      <EventPick label={label} value={text(match.did)} onPick={(did) => give({ did })} />
      <Where source={match} onChange={give} event={text(match.did)} />
    </>
  )
}

export function Same({ source, onChange, entry }: RowProps) {
  const { of, isReadOnly } = useWords()
  const event = text(source.did_same)
  const paths = (name: string) =>
    propertiesOf(of('events').find((each) => each.name === name)?.schema as Json).map((each) => ({
      value: each.path,
      label: each.path,
    }))
  const subjects = [{ value: '', label: RULE.aboutIt }, ...(entry === null ? [] : paths(entry))]
  return (
    <>
      <span className="rule-word">{RULE.didSame}</span>
      <EventPick
        label={RULE.event}
        value={event}
        onPick={(did) => onChange({ ...without(source, 'where'), did_same: did })}
      />
      <span className="rule-word">{RULE.sameOn}</span>
      <Pick
        label={RULE.property}
        value={text(source.on)}
        options={paths(event)}
        isReadOnly={isReadOnly}
        onPick={(on) => onChange({ ...source, on })}
      />
      <span className="rule-word">{RULE.sameAs}</span>
      <Pick
        label={RULE.subject}
        value={text(source.subject)}
        placeholder={RULE.aboutIt}
        options={subjects}
        isReadOnly={isReadOnly}
        onPick={(subject) => onChange(withField(source, 'subject', subject || undefined))}
      />
      <Window source={source} onChange={onChange} />
      <Where source={source} onChange={onChange} event={event} />
    </>
  )
}

/** Which part of history counts. */
export function Window({ source, onChange }: Omit<RowProps, 'entry'>) {
  const { isReadOnly } = useWords()
  const within = source.within
  const kind = within !== undefined ? 'within' : text(source.since)
  function turn(next: string) {
    const left = without(source, 'within', 'since')
    if (next === '') onChange(left)
    else onChange(next === 'within' ? { ...left, within: '7d' } : { ...left, since: next })
  }
  return (
    <span className="fields">
      <ChoiceField
        label={RULE.windowLabel}
        value={kind}
        options={RULE.windows}
        isReadOnly={isReadOnly}
        onChange={turn}
      />
      {within !== undefined && (
        <DurationField
          label={RULE.windowSize}
          value={text(within)}
          isReadOnly={isReadOnly}
          onChange={(size) => onChange({ ...source, within: size })}
        />
      )}
    </span>
  )
}

type EventProps = { label: string; value: string; onPick: (name: string) => void }

export function EventPick({ label, value, onPick }: EventProps) {
  const { of, isReadOnly } = useWords()
  return (
    <Pick
      label={label}
      value={value}
      options={optionsOf(of('events'))}
      isReadOnly={isReadOnly}
      onPick={onPick}
    />
  )
}
