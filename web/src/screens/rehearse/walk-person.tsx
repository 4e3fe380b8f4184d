// Who goes the walk: consents, when and where it begins, what is known of them, what they draw.
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { components } from '@/api/schema'
import { title } from '@/words/format'
import { REHEARSE } from '@/words/rehearse'
import {
  ANA,
  asked,
  type Consent,
  saidLater,
  type Script,
  type WalkFound,
  type Who,
} from './script'

type Kinds = components['schemas']['ShownKinds']

const WORDS = REHEARSE.walk
const CONSENTS: readonly Consent[] = ['unknown', 'granted', 'denied']

type Props = {
  who: Who
  lines: Script['lines']
  kinds: Kinds
  found: WalkFound | undefined
  onChange: (who: Who) => void
}

export function Person({ who, lines, kinds, found, onChange }: Props) {
  const channels = kinds.words.channels ?? []
  const later = saidLater(lines)
  const names = channels.map((channel) => channel.name)
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
          {asked(names, { ...later, ...begun.consents }).map((key) => (
            <NativeSelect
              key={key}
              size="xs"
              label={labelOf(key, names)}
              description={onTheWay(later[key])}
              data={CONSENTS.map((value) => ({ value, label: WORDS.consents[value] }))}
              value={begun.consents[key] ?? 'unknown'}
              onChange={(event) => {
                const said = event.currentTarget.value as Consent
                setBegun({ ...begun, consents: { ...begun.consents, [key]: said } })
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
        <div className="walk-pair">
          {(found?.splits ?? []).map((split) => (
            <NativeSelect
              key={split.name}
              size="xs"
              label={WORDS.arm(title(split.name.slice(split.name.lastIndexOf('/') + 1)))}
              data={[
                { value: '', label: WORDS.drawn },
                ...split.arms.map((arm) => ({ value: arm, label: title(arm) })),
              ]}
              value={begun.arms[split.name] ?? ''}
              onChange={(event) => {
                const chosen = { ...begun.arms, [split.name]: event.currentTarget.value }
                const said = Object.entries(chosen).filter(([, arm]) => arm !== '')
                const arms = Object.fromEntries(said)
                setBegun({ ...begun, arms })
              }}
            />
          ))}
          {(found?.holdouts ?? []).length > 0 && (
            <NativeSelect
              size="xs"
              label={WORDS.heldOut}
              data={[
                { value: '', label: WORDS.notHeldOut },
                ...(found?.holdouts ?? []).map((name) => ({ value: name, label: title(name) })),
              ]}
              value={begun.heldOutBy}
              onChange={(event) => setBegun({ ...begun, heldOutBy: event.currentTarget.value })}
            />
          )}
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

function labelOf(key: string, channels: readonly string[]): string {
  const [purpose = '', channel] = key.split('/')
  if (channel !== undefined) return WORDS.about(title(purpose), title(channel))
  return channels.includes(key) ? WORDS.by(title(key)) : WORDS.whole(title(purpose))
}

function onTheWay(said: Consent | undefined): string | undefined {
  return said === undefined || said === 'unknown' ? undefined : WORDS.onTheWay[said]
}
