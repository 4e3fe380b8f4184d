// Who goes the walk, and what happens next: an event, a yes or no, or time.
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { IconArrowBackUp, IconPlayerSkipForward, IconSend } from '@tabler/icons-react'
import { useState } from 'react'
import type { components } from '@/api/schema'
import { title } from '@/words/format'
import { REHEARSE } from '@/words/rehearse'
import {
  after,
  ANA,
  type Consent,
  type Script,
  untilNext,
  valuesOf,
  type WalkFound,
  type Who,
} from './script'
import { wall } from './wall'

type Kinds = components['schemas']['ShownKinds']
type Drawing = components['schemas']['Drawing']

const WORDS = REHEARSE.walk
const PASSES = [600, 3_600, 86_400] as const
const CONSENTS: readonly Consent[] = ['unknown', 'granted', 'denied']

type Props = {
  script: Script
  onChange: (script: Script) => void
  found: WalkFound | undefined
  kinds: Kinds
  drawing: Drawing
}

export function Desk({ script, onChange, found, kinds, drawing }: Props) {
  const add = (line: unknown) => onChange({ ...script, lines: [...script.lines, line] })
  const next = found === undefined ? null : untilNext(found)
  return (
    <div className="walk-desk">
      <p className="walk-clock num">
        {found === undefined ? script.who.at : wall(found.now, found.zone)}
        <span className="quiet small"> {found?.zone || script.who.zone}</span>
      </p>
      <div className="walk-row">
        <Button
          size="xs"
          leftSection={<IconPlayerSkipForward size={14} />}
          disabled={next === null}
          title={next === null ? WORDS.nothingComes : undefined}
          onClick={() => next !== null && add(next)}
        >
          {WORDS.next}
        </Button>
        {PASSES.map((seconds) => (
          <Button key={seconds} size="xs" variant="default" onClick={() => add(after(seconds))}>
            {WORDS.passes[seconds]}
          </Button>
        ))}
        <Button size="xs" variant="default" onClick={() => add('at 08:00')}>
          {WORDS.morning}
        </Button>
      </div>
      <Happens kinds={kinds} drawing={drawing} onAdd={add} />
      <div className="walk-row">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconArrowBackUp size={14} />}
          disabled={script.lines.length === 0}
          onClick={() => onChange({ ...script, lines: script.lines.slice(0, -1) })}
        >
          {WORDS.back}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={script.lines.length === 0}
          onClick={() => onChange({ ...script, lines: [] })}
        >
          {WORDS.anew}
        </Button>
      </div>
      <Person who={script.who} kinds={kinds} onChange={(who) => onChange({ ...script, who })} />
    </div>
  )
}

type HappensProps = { kinds: Kinds; drawing: Drawing; onAdd: (line: unknown) => void }

function Happens({ kinds, drawing, onAdd }: HappensProps) {
  const events = kinds.words.events ?? []
  const first = events.find((each) => drawing.head.entry.sentence.includes(each.name))
  const [event, setEvent] = useState(first?.name ?? events[0]?.name ?? '')
  const [values, setValues] = useState('')
  const declared = events.find((each) => each.name === event)
  return (
    <form
      className="walk-form"
      aria-label={WORDS.happens}
      onSubmit={(submitted) => {
        submitted.preventDefault()
        onAdd({ [event]: valuesOf(values) })
      }}
    >
      <NativeSelect
        size="xs"
        label={WORDS.event}
        data={events.map((each) => each.name)}
        value={event}
        onChange={(changed) => setEvent(changed.currentTarget.value)}
      />
      <Textarea
        size="xs"
        label={WORDS.values}
        description={WORDS.valuesOf(Object.keys(propertiesOf(declared?.schema)).join(', '))}
        autosize
        minRows={1}
        maxRows={5}
        value={values}
        onChange={(changed) => setValues(changed.currentTarget.value)}
      />
      <Button
        size="xs"
        type="submit"
        variant="default"
        leftSection={<IconSend size={14} />}
        disabled={event === ''}
      >
        {WORDS.send}
      </Button>
    </form>
  )
}

function propertiesOf(schema: unknown): Record<string, unknown> {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return {}
  const { properties } = schema
  return typeof properties === 'object' && properties !== null
    ? (properties as Record<string, unknown>)
    : {}
}

type PersonProps = { who: Who; kinds: Kinds; onChange: (who: Who) => void }

function Person({ who, kinds, onChange }: PersonProps) {
  const channels = kinds.words.channels ?? []
  const [begun, setBegun] = useState(who)
  return (
    <details className="rehearse-more" open={Object.keys(who.consents).length === 0}>
      <summary>{WORDS.who}</summary>
      <form
        className="walk-form"
        aria-label={WORDS.who}
        onSubmit={(event) => {
          event.preventDefault()
          onChange(begun)
        }}
      >
        <div className="walk-pair">
          {channels.map((channel) => (
            <NativeSelect
              key={channel.name}
              size="xs"
              label={WORDS.by(title(channel.name))}
              data={CONSENTS.map((value) => ({ value, label: WORDS.consents[value] }))}
              value={begun.consents[channel.name] ?? 'unknown'}
              onChange={(event) => {
                const said = event.currentTarget.value as Consent
                setBegun({ ...begun, consents: { ...begun.consents, [channel.name]: said } })
              }}
            />
          ))}
        </div>
        <div className="walk-pair">
          <TextInput
            size="xs"
            label={WORDS.at}
            value={begun.at}
            onChange={(event) => setBegun({ ...begun, at: event.currentTarget.value })}
          />
          <TextInput
            size="xs"
            label={WORDS.zone}
            value={begun.zone}
            onChange={(event) => setBegun({ ...begun, zone: event.currentTarget.value })}
          />
        </div>
        <Textarea
          size="xs"
          label={WORDS.traits}
          description={WORDS.traitsWhy}
          autosize
          minRows={1}
          maxRows={5}
          value={begun.traits}
          onChange={(event) => setBegun({ ...begun, traits: event.currentTarget.value })}
        />
        <div className="walk-row">
          <Button size="xs" type="submit" variant="default">
            {WORDS.begin}
          </Button>
          <Button
            size="xs"
            variant="subtle"
            onClick={() => {
              const all = channels.map((each) => [each.name, 'granted'] as const)
              const agreed = { ...ANA, consents: Object.fromEntries(all) }
              setBegun(agreed)
              onChange(agreed)
            }}
          >
            {WORDS.agreed}
          </Button>
        </div>
      </form>
    </details>
  )
}
