// Who goes the walk, and what happens next: an event, a yes or no, or time.
import { Button, NativeSelect, Textarea } from '@mantine/core'
import { IconArrowBackUp, IconPlayerSkipForward, IconSend } from '@tabler/icons-react'
import { useState } from 'react'
import type { components } from '@/api/schema'
import { REHEARSE } from '@/words/rehearse'
import { after, type Script, untilNext, valuesOf, type WalkFound } from './script'
import { Later } from './walk-later'
import { Person } from './walk-person'
import { wall } from './wall'

type Kinds = components['schemas']['ShownKinds']
type Drawing = components['schemas']['Drawing']

const WORDS = REHEARSE.walk
const PASSES = [600, 3_600, 86_400] as const

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
      <Later kinds={kinds} entries={found?.entries ?? []} onAdd={add} />
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
      <Person
        who={script.who}
        lines={script.lines}
        kinds={kinds}
        found={found}
        onChange={(who) => onChange({ ...script, who })}
      />
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
        description={WORDS.valuesOf(propertiesOf(declared?.schema).join(', '))}
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

/** What an event has, with the values that it can have where there are only some. */
function propertiesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return []
  const properties = Object.entries(schema.properties as Record<string, { enum?: unknown[] }>)
  return properties.map(([name, { enum: values }]) =>
    values === undefined ? name : `${name} (${values.join(', ')})`,
  )
}
