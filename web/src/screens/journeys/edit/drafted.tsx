// A draft is opened: what is kept of it, here and at the server, goes on the desk.
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { components } from '@/api/schema'
import { useMay, useMe } from '@/app/session'
import { useParam } from '@/kit/go'
import { Empty } from '@/kit/empty'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { Waiting } from '../canvas'
import { begin, calls, find, runs, save } from './calls'
import { type Command, Desk } from './desk'
import { deviceOf } from './device'
import { Keeper, same, type Saving } from './keeper'
import { Working } from './working'

type Kinds = components['schemas']['ShownKinds']
type Props = { name: string; draft: string; kinds: Kinds }

export function Drafted(props: Props) {
  const may = { draft: useMay('propose'), draw: useMay('rehearse') }
  const [, setDraft] = useParam('draft')
  if (may.draft && may.draw) return <Found {...props} />
  return (
    <Empty
      title={JOURNEY_EDIT.draft}
      action={
        <button type="button" className="link" onClick={() => setDraft('')}>
          {JOURNEY_EDIT.leave}
        </button>
      }
    >
      {JOURNEY_EDIT.mayNot}
    </Empty>
  )
}

function Found({ name, draft, kinds }: Props) {
  const { name: actor } = useMe()
  // Of a journey that is not there yet, the address says how it begins.
  const [title] = useParam('title')
  const [owner] = useParam('owner')
  const [template] = useParam('template')
  const opened = useQuery({
    queryKey: ['desk', actor, name, draft],
    queryFn: async () => {
      const isRunning = await runs(name, kinds)
      return open({ who: actor, journey: name, draft, isRunning, title, owner, template })
    },
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  if (opened.data === undefined) {
    return <Waiting name={name} error={opened.error} retry={() => void opened.refetch()} />
  }
  return <AtDesk {...opened.data} draft={draft} kinds={kinds} />
}

type Begun = Awaited<ReturnType<typeof open>>

function AtDesk({ desk, keeper, draft, kinds }: Begun & { draft: string; kinds: Kinds }) {
  useEffect(() => {
    keeper.open()
    return () => {
      void keeper.flush()
      keeper.close()
      desk.close()
    }
  }, [desk, keeper])
  return <Working desk={desk} keeper={keeper} draft={draft} kinds={kinds} />
}

type Wanted = {
  who: string
  journey: string
  draft: string
  isRunning: boolean
  title: string
  owner: string
  template: string
}

async function open({ who, journey, draft: name, isRunning, ...how }: Wanted) {
  const device = deviceOf(who, name)
  const kept = await find(name)
  const copy = device.get()
  const isNew = kept === null && copy === null && !isRunning
  const begun = isNew ? await begunWith(journey, how) : null
  const files = begun?.files ?? copy?.files ?? kept?.files ?? {}
  const known = kept?.draft.journey || copy?.journey || journey
  const read = begun ?? (await calls.read(known, files))
  const isBehind = copy !== null && copy.etag !== (kept?.etag ?? '')
  const isClash = isBehind && !same(copy.files, kept?.files ?? {})
  const saving: Saving = {
    is: isClash ? 'clash' : kept === null ? 'same' : 'saved',
    savedAt: kept?.draft.saved_at ?? 0,
    draft: kept,
    agreed: isClash ? copy.agreed : (kept?.files ?? {}),
    theirs: isClash ? kept : null,
    error: null,
    isUnkept: false,
  }
  const desk = Desk.of(calls, read, files)
  const about = { name, journey: read.drawing.journey, title: read.drawing.head.title }
  return {
    desk,
    keeper: new Keeper(desk, { ...about, base: read.base }, device, { find, save }, saving),
  }
}

type How = Pick<Wanted, 'title' | 'owner' | 'template'>

function begunWith(journey: string, { title, owner, template }: How) {
  if (template !== '') return begin(template, title, owner)
  const edits: Command[] = [{ edit: 'new_journey', name: journey, title, owner, purpose: '' }]
  return calls.edit(journey, {}, edits)
}
