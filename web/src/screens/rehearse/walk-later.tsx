// What changes on the way: a yes or no, what is known of them, another journey such as an open case.
import { Button, NativeSelect, Textarea } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { components } from '@/api/schema'
import { title } from '@/words/format'
import { REHEARSE } from '@/words/rehearse'
import { valuesOf, type WalkFound } from './script'

type Kinds = components['schemas']['ShownKinds']
type Said = '' | 'granted' | 'denied'
type Props = { kinds: Kinds; entries: WalkFound['entries']; onAdd: (line: unknown) => void }

const WORDS = REHEARSE.walk
const SAIDS: readonly Said[] = ['', 'granted', 'denied']
/** Somebody tells who they are: what is known of them changes. */
const IDENTIFIED = 'Identified'

export function Later({ kinds, entries, onAdd }: Props) {
  const channels = kinds.words.channels ?? []
  const [consents, setConsents] = useState<Record<string, Said>>({})
  const [traits, setTraits] = useState('')
  const [journey, setJourney] = useState('')
  const said = Object.fromEntries(Object.entries(consents).filter(([, each]) => each !== ''))
  const known = valuesOf(traits)
  const entry = entries.find((each) => each.journey === journey)
  const line = {
    ...(Object.keys(said).length > 0 && { consents: said }),
    ...(Object.keys(known).length > 0 && { [IDENTIFIED]: known }),
    ...entry?.line,
  }
  function submit(event: FormEvent) {
    event.preventDefault()
    onAdd(line)
    setConsents({})
    setTraits('')
    setJourney('')
  }
  return (
    <details className="rehearse-more">
      <summary>{WORDS.later}</summary>
      <form className="walk-form" aria-label={WORDS.later} onSubmit={submit}>
        <div className="walk-pair">
          {channels.map((channel) => (
            <NativeSelect
              key={channel.name}
              size="xs"
              label={WORDS.now(title(channel.name))}
              data={SAIDS.map((value) => ({ value, label: WORDS.saids[value] }))}
              value={consents[channel.name] ?? ''}
              onChange={(event) =>
                setConsents({ ...consents, [channel.name]: event.currentTarget.value as Said })
              }
            />
          ))}
        </div>
        <Textarea
          size="xs"
          label={WORDS.becomes}
          description={WORDS.traitsWhy}
          autosize
          minRows={1}
          maxRows={4}
          value={traits}
          onChange={(event) => setTraits(event.currentTarget.value)}
        />
        {entries.length > 0 && (
          <NativeSelect
            size="xs"
            label={WORDS.into}
            data={[
              { value: '', label: WORDS.intoNone },
              ...entries.map((each) => ({
                value: each.journey,
                label: each.title || title(each.journey),
              })),
            ]}
            value={journey}
            onChange={(event) => setJourney(event.currentTarget.value)}
          />
        )}
        <Button size="xs" type="submit" variant="default" disabled={Object.keys(line).length === 0}>
          {WORDS.change}
        </Button>
      </form>
    </details>
  )
}
