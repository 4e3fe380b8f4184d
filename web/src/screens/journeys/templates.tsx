// Journeys to begin with: a card each, and what comes along with the one that is picked.
import { Button, Skeleton, TextInput } from '@mantine/core'
import { IconChevronLeft, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMe } from '@/app/session'
import { useGo } from '@/kit/go'
import { Note } from '@/kit/note'
import { Trouble } from '@/kit/trouble'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { TEMPLATES } from '@/words/templates'
import './templates.css'

type Offered = components['schemas']['OfferedTemplate']
type Beginning = components['schemas']['ShownBeginning']
type How = keyof typeof TEMPLATES.hows

const HOWS = Object.keys(TEMPLATES.hows) as How[]
const CHANNELS = ['channel', 'purpose']

export function Cards({ onPick }: { onPick: (template: Offered) => void }) {
  const [word, setWord] = useState('')
  const templates = useQuery({
    queryKey: ['drawing', 'templates'],
    queryFn: () => take(api.GET('/api/drawing/templates')),
    staleTime: 60_000,
  })
  if (templates.data === undefined) {
    return templates.isError ? (
      <Trouble error={templates.error} retry={() => void templates.refetch()} />
    ) : (
      <Skeleton h={320} />
    )
  }
  const found = templates.data.filter((each) =>
    `${each.name} ${each.title} ${each.sentence}`.toLowerCase().includes(word.toLowerCase()),
  )
  return (
    <>
      <TextInput
        size="xs"
        aria-label={TEMPLATES.search}
        placeholder={TEMPLATES.search}
        leftSection={<IconSearch size={14} stroke={1.8} />}
        value={word}
        onChange={(event) => setWord(event.currentTarget.value)}
      />
      <ul className="templates">
        {found.map((each) => (
          <li key={each.name}>
            <button type="button" className="template" onClick={() => onPick(each)}>
              <b>{each.title}</b>
              <span>{each.sentence}</span>
              <Needs template={each} />
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="quiet">{TEMPLATES.none}</p>}
    </>
  )
}

function Needs({ template: { needs } }: { template: Offered }) {
  const of = (kind: string) => needs.filter((each) => each.kind === kind)
  const [events, segments] = [of('event'), of('segment')]
  const names = (all: Offered['needs']) => all.map((each) => each.name).join(', ')
  const said = [
    ...(events.length > 0 ? [TEMPLATES.starts(names(events))] : []),
    ...(segments.length > 0 ? [TEMPLATES.from(names(segments))] : []),
    TEMPLATES.sends(names(of('channel'))),
  ]
  const lacks = needs.filter((each) => CHANNELS.includes(each.kind) && !each.is_here)
  return (
    <>
      <span className="quiet small">{said.join('. ')}.</span>
      {lacks.length > 0 && (
        <span className="template-lacks small">
          {TEMPLATES.lacks(lacks.map((each) => `${each.kind} ${each.name}`).join(', '))}
        </span>
      )}
    </>
  )
}

type PickedProps = { template: Offered; onBack: () => void }

export function Picked({ template, onBack }: PickedProps) {
  const { team } = useMe()
  const go = useGo()
  const [title, setTitle] = useState(template.title)
  const [named, setOwner] = useState<string | null>(null)
  const { name } = template
  const beginning = useQuery({
    queryKey: ['drawing', 'begin', name, team],
    queryFn: () =>
      take(api.POST('/api/drawing/begin', { body: { template: name, title: '', owner: team } })),
    gcTime: 0,
  })
  const { data } = beginning
  const owner = named ?? (team || (data?.drawing.head.owner ?? ''))
  function begin(event: FormEvent) {
    event.preventDefault()
    if (data === undefined) return
    const { journey } = data.drawing
    go(`/journeys/${journey}`, { draft: journey, template: name, title, owner })
  }
  return (
    <form className="draft-propose" onSubmit={begin}>
      <button type="button" className="link template-back" onClick={onBack}>
        <IconChevronLeft size={14} aria-hidden="true" /> {TEMPLATES.all}
      </button>
      <p className="pretty">{template.sentence}</p>
      <TextInput
        label={JOURNEY_EDIT.newTitle}
        required
        data-autofocus
        maxLength={200}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <TextInput
        label={JOURNEY_EDIT.newOwner}
        required
        maxLength={200}
        value={owner}
        onChange={(event) => setOwner(event.currentTarget.value)}
      />
      {data !== undefined ? (
        <Along beginning={data} />
      ) : beginning.isError ? (
        <Trouble error={beginning.error} retry={() => void beginning.refetch()} />
      ) : (
        <Skeleton h={160} />
      )}
      <Button
        type="submit"
        size="xs"
        disabled={data === undefined || title.trim() === '' || owner.trim() === ''}
      >
        {JOURNEY_EDIT.begin}
      </Button>
    </form>
  )
}

function Along({ beginning: { came, drawing } }: { beginning: Beginning }) {
  const problems = [...drawing.problems, ...drawing.elsewhere]
  return (
    <section className="template-along" aria-label={TEMPLATES.what}>
      {problems.length > 0 && (
        <>
          <Note tone="warn" title={TEMPLATES.problems(problems.length)} />
          <ul>
            {problems.map((each) => (
              <li key={`${each.code} ${each.path} ${each.what}`}>
                {quoted(each.what)}. {quoted(each.fix)}
              </li>
            ))}
          </ul>
        </>
      )}
      {HOWS.map((how) => {
        const parts = came.filter((each) => each.how === how)
        if (parts.length === 0) return null
        const isPlain = how === 'new' || how === 'yours'
        return (
          <div key={how}>
            <h3>{TEMPLATES.hows[how]}</h3>
            {isPlain ? (
              <p className="quiet small pretty">
                {parts.map((each) => `${kindOf(each.kind)} ${each.name}`).join(', ')}
              </p>
            ) : (
              <ul>
                {parts.map((each) => (
                  <li key={`${each.kind} ${each.name}`}>{quoted(each.said)}</li>
                ))}
              </ul>
            )}
          </div>
        )
      })}
    </section>
  )
}

function kindOf(kind: string): string {
  return kind === 'template' ? 'message' : kind === 'computed' ? 'trait' : kind
}

/** Names in texts of the server stand as in a terminal. */
function quoted(text: string): string {
  return text.replaceAll(/`([^`]+)`/g, '“$1”')
}
