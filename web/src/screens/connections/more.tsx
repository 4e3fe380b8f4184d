// What a destination or source has besides its connector's settings: pace, events, silence.
import { Card } from '@/kit/card'
import { ChoiceField, TextField } from '@/kit/form/inputs'
import { isObject, type Json, type JsonObject } from '@/kit/form/json'
import { CONNECTIONS } from '@/words/connections'
import { namesIn, rateOf, textOf, withField, withRate } from './draft'
import { Failing, Reach } from './failing'
import { Field } from './field'
import type { Mistakes } from './settings-form'

const WORDS = CONNECTIONS.edit

export type MoreProps = {
  kind: 'destination' | 'source'
  isSdk: boolean
  fields: JsonObject
  operations: readonly string[]
  /** Of the connector: who can take over is of the same. */
  category: string
  name: string
  mistakes: Mistakes
  onChange: (field: string, value: Json | undefined) => void
}
type Props = MoreProps

export function More(props: Props) {
  const { kind, isSdk, operations } = props
  return (
    <>
      {kind === 'destination' && operations.includes('event') && <Events {...props} />}
      <Card title={kind === 'destination' ? WORDS.pace : WORDS.listening}>
        <div className="connections-form">
          {kind === 'destination' ? (
            <>
              <Pace {...props} />
              <Count {...props} field="concurrency" label={WORDS.concurrency} />
              <Word {...props} field="timeout" label={WORDS.timeout} hint={WORDS.timeoutHint} />
              <Yes {...props} field="allow_private" label={WORDS.private} />
            </>
          ) : (
            <>
              {isSdk && <Family {...props} />}
              <Word {...props} field="silent_after" label={WORDS.silent} hint={WORDS.silentHint} />
              {!isSdk && <Word {...props} field="channel" label={WORDS.channel} />}
              <Word {...props} field="pairs_with" label={WORDS.pairs} hint={WORDS.pairsHint} />
            </>
          )}
        </div>
      </Card>
      {kind === 'destination' && <Failing {...props} />}
      {kind === 'destination' && <Reach {...props} />}
    </>
  )
}

/** How fast, and with whom the pace is shared: one account at a provider often serves several. */
function Pace({ fields, mistakes, onChange }: Props) {
  const rate = rateOf(fields)
  const set = (part: Partial<typeof rate>) =>
    onChange('rate', withRate(fields, { ...rate, ...part }).rate)
  return (
    <>
      <Field label={WORDS.rate} hint={WORDS.rateHint} wrong={mistakes.get('rate')}>
        <TextField label={WORDS.rate} value={rate.limit} onChange={(limit) => set({ limit })} />
      </Field>
      <Field label={WORDS.shared} hint={WORDS.sharedHint}>
        <TextField
          label={WORDS.shared}
          value={rate.shared}
          onChange={(shared) => set({ shared })}
        />
      </Field>
    </>
  )
}

type OneProps = Props & { field: string; label: string; hint?: string }

function Word({ fields, field, label, hint, mistakes, onChange }: OneProps) {
  return (
    <Field label={label} hint={hint} wrong={mistakes.get(field)}>
      <TextField
        label={label}
        value={textOf(fields[field])}
        onChange={(text) => onChange(field, text === '' ? undefined : text)}
      />
    </Field>
  )
}

function Count({ fields, field, label, mistakes, onChange }: OneProps) {
  return (
    <Field label={label} wrong={mistakes.get(field)}>
      <TextField
        label={label}
        value={textOf(fields[field])}
        onChange={(text) => {
          const number = Number(text)
          onChange(field, text.trim() === '' ? undefined : Number.isNaN(number) ? text : number)
        }}
      />
    </Field>
  )
}

function Yes({ fields, field, label, mistakes, onChange }: OneProps) {
  return (
    <Field label={label} wrong={mistakes.get(field)}>
      <ChoiceField
        label={label}
        value={fields[field] === true ? 'true' : 'false'}
        options={[
          ['false', WORDS.no],
          ['true', WORDS.yes],
        ]}
        onChange={(value) => onChange(field, value === 'true' ? true : undefined)}
      />
    </Field>
  )
}

function Family({ fields, onChange, mistakes }: Props) {
  return (
    <Field label={WORDS.family} wrong={mistakes.get('kind')}>
      <ChoiceField
        label={WORDS.family}
        value={textOf(fields.kind) || 'segment'}
        options={[
          ['segment', CONNECTIONS.kinds.segment ?? ''],
          ['rudder', CONNECTIONS.kinds.rudder ?? ''],
        ]}
        onChange={(value) => onChange('kind', value)}
      />
    </Field>
  )
}

/** Which events it is handed as they happen, and for what. */
function Events({ fields, mistakes, onChange }: Props) {
  const stream = isObject(fields.events) ? fields.events : null
  function set(name: string, text: string) {
    const value = name === 'purpose' ? text : namesIn(text)
    const next = withField(stream ?? {}, name, value.length === 0 ? undefined : value)
    onChange('events', next)
  }
  return (
    <Card title={WORDS.events}>
      <div className="connections-form">
        <Field label={WORDS.handed} wrong={mistakes.get('events')}>
          <ChoiceField
            label={WORDS.handed}
            value={stream === null ? 'none' : 'some'}
            options={[
              ['none', WORDS.noEvents],
              ['some', WORDS.someEvents],
            ]}
            onChange={(value) => onChange('events', value === 'none' ? undefined : {})}
          />
        </Field>
        {stream !== null && (
          <>
            <Field label={WORDS.purpose} hint={WORDS.purposeHint}>
              <TextField
                label={WORDS.purpose}
                value={textOf(stream.purpose)}
                onChange={(text) => set('purpose', text)}
              />
            </Field>
            <Field label={WORDS.only} hint={WORDS.onlyHint}>
              <TextField
                isLong
                label={WORDS.only}
                value={textOf(stream.only)}
                onChange={(text) => set('only', text)}
              />
            </Field>
            <Field label={WORDS.without} hint={WORDS.withoutHint}>
              <TextField
                isLong
                label={WORDS.without}
                value={textOf(stream.without)}
                onChange={(text) => set('without', text)}
              />
            </Field>
          </>
        )}
      </div>
    </Card>
  )
}
