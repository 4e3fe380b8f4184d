// A journey: what runs, or a draft of it.
import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useNames } from '@/api/actors'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Stale, Trouble } from '@/kit/trouble'
import { hourAndMinute, title } from '@/words/format'
import { JOURNEY } from '@/words/journey'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import './canvas.css'
import './journeys.css'
import { Drafted } from './edit/drafted'
import { Opened } from './opened'
import { RolloutBar } from './rollout'

type Kinds = components['schemas']['ShownKinds']

const AGAIN_MS = 15_000

export default function Journey() {
  const { name = '' } = useParams({ strict: false })
  const [draft] = useParam('draft')
  const kinds = useQuery({
    queryKey: ['drawing', 'kinds'],
    queryFn: () => take(api.GET('/api/drawing/kinds')),
    staleTime: 60_000,
  })
  if (kinds.data === undefined) {
    return <Waiting name={name} error={kinds.error} retry={() => void kinds.refetch()} />
  }
  return draft === '' ? (
    <Running name={name} kinds={kinds.data} />
  ) : (
    <Drafted key={`${name} ${draft}`} name={name} draft={draft} kinds={kinds.data} />
  )
}

type WaitingProps = { name: string; error: unknown; retry: () => void }

export function Waiting({ name, error, retry }: WaitingProps) {
  return (
    <>
      <Head title={title(name)} under={{ label: JOURNEY.under, to: '/journeys' }} />
      {error === null ? <Skeleton flex={1} radius={0} /> : <Trouble error={error} retry={retry} />}
    </>
  )
}

function Running({ name, kinds }: { name: string; kinds: Kinds }) {
  const drawing = useQuery({
    queryKey: ['journeys', 'drawing', name],
    queryFn: () => take(api.POST('/api/drawing/read', { body: { journey: name } })),
    // Somebody may apply another version meanwhile.
    refetchInterval: AGAIN_MS,
  })
  if (drawing.data === undefined) {
    return <Waiting name={name} error={drawing.error} retry={() => void drawing.refetch()} />
  }
  return (
    <>
      <Opened
        shown={drawing.data}
        kinds={kinds}
        beside={<Begin journey={name} />}
        under={<RolloutBar journey={name} />}
      />
      <Stale query={drawing} />
    </>
  )
}

/** Begin a draft, or go on with the one that somebody has begun. */
function Begin({ journey }: { journey: string }) {
  const [, setDraft] = useParam('draft')
  const may = { draft: useMay('propose'), draw: useMay('rehearse') }
  const drafts = useQuery({
    queryKey: ['drafts'],
    queryFn: () => take(api.GET('/api/drafts')),
  })
  const nameOf = useNames()
  const begun = drafts.data?.find((each) => each.journey === journey)
  const isAllowed = may.draft && may.draw
  const about =
    begun === undefined
      ? undefined
      : JOURNEY_EDIT.draftOf(nameOf(begun.saved_by), hourAndMinute(begun.saved_at))
  return (
    <Button
      size="xs"
      disabled={!isAllowed || drafts.isPending}
      title={isAllowed ? about : JOURNEY_EDIT.mayNot}
      onClick={() => setDraft(begun?.name ?? journey)}
    >
      {begun === undefined ? JOURNEY_EDIT.edit : JOURNEY_EDIT.goOn}
    </Button>
  )
}
