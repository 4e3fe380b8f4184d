// A segment that somebody edits: every change is a command on its text, done by the server, and what
// comes back is saved as a draft a second later, over the state that was seen.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, Refused, take } from '@/api/client'
import { Clash, discard, find, type KeptDraft, type Overlay, save } from '@/api/drafts'
import type { components } from '@/api/schema'
import type { Instant } from '@/api/types'
import { draftOf } from './names'

type Schemas = components['schemas']
export type Read = Schemas['ShownSegmentText']
export type Edits = Schemas['SegmentToEdit']['edits']
type Version = Read & { files: Overlay }

export type Saving = 'same' | 'changed' | 'saving' | 'saved' | 'refused' | 'clash'

const SAVE_AFTER_MS = 1_000

/** The segment as it runs, and as its draft has it. */
export function useOpened(name: string) {
  return useQuery({
    queryKey: ['segment', name, 'opened'],
    queryFn: () => open(name),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
}

export type Opened = Awaited<ReturnType<typeof open>>

async function open(name: string) {
  const [page, kept] = await Promise.all([
    // Asked for by name, one that does not run yet would be an error on the browser's console.
    take(api.GET('/api/segments', { params: { query: { word: name, limit: 1_000 } } })),
    find(draftOf(name)),
  ])
  const runs = page.rows.some((row) => row.name === name)
  const running = runs || kept === null ? await read(name, {}) : null
  const draft = kept === null ? null : await read(name, kept.files)
  const isApplied = running !== null && draft !== null && running.text === draft.text
  return { name, running, kept, now: isApplied ? null : draft, runs }
}

function read(segment: string, files: Overlay): Promise<Read> {
  return take(api.POST('/api/drawing/segment/read', { body: { segment, files } }))
}

export function useDraft(opened: Opened) {
  const { name, running } = opened
  const queries = useQueryClient()
  const first: Version | null =
    opened.now === null
      ? running && { ...running, files: {} }
      : { ...opened.now, files: opened.kept?.files ?? {} }
  const [past, setPast] = useState<readonly Version[]>([])
  const [now, setNow] = useState(first)
  const [kept, setKept] = useState<KeptDraft | null>(opened.kept)
  const [saving, setSaving] = useState<Saving>(opened.now === null ? 'same' : 'saved')
  const [error, setError] = useState<unknown>(null)
  const [theirs, setTheirs] = useState<KeptDraft | null>(null)
  const latest = useRef({ now, kept, saving })
  useEffect(() => {
    latest.current = { now, kept, saving }
  })
  const turn = useRef<Promise<unknown>>(Promise.resolve())
  const saved = useRef<Promise<unknown>>(Promise.resolve())

  function stand(is: Saving) {
    latest.current = { ...latest.current, saving: is }
    setSaving(is)
  }

  function show(version: Version) {
    latest.current = { ...latest.current, now: version }
    setNow(version)
    stand('changed')
  }

  /** Do commands in their turn; whether they were done. */
  function edit(edits: Edits): Promise<boolean> {
    const done = turn.current.then(async () => {
      const before = latest.current.now
      try {
        const next = await take(
          api.POST('/api/drawing/segment/edit', {
            body: { segment: name, files: before?.files ?? {}, edits },
          }),
        )
        setError(null)
        if (before !== null) setPast((all) => [...all, before])
        show(next)
        return true
      } catch (refused) {
        if (!(refused instanceof Refused)) throw refused
        setError(refused)
        return false
      }
    })
    turn.current = done
    return done
  }

  function undo() {
    const before = past.at(-1)
    if (before === undefined) return
    setPast(past.slice(0, -1))
    show(before)
  }

  async function keep(match = latest.current.kept): Promise<KeptDraft | null> {
    const { now: version } = latest.current
    if (version === null) return null
    stand('saving')
    const isMoved = match !== null && match.moved.length > 0
    const base = isMoved && version.base !== match.draft.base ? match.draft.base : version.base
    const about = { name: draftOf(name), journey: '', title: titleOf(version) }
    try {
      const saved = await save({ ...about, base, files: version.files }, match?.etag ?? '')
      setKept(saved)
      latest.current = { ...latest.current, kept: saved }
      stand(latest.current.now === version ? 'saved' : 'changed')
      void queries.invalidateQueries({ queryKey: ['drafts'] })
      return saved
    } catch (refused) {
      if (refused instanceof Clash) {
        setTheirs(refused.theirs)
        stand('clash')
      } else if (refused instanceof Refused) {
        setError(refused)
        stand('refused')
      } else throw refused
      return null
    }
  }

  useEffect(() => {
    if (saving !== 'changed') return
    const timer = setTimeout(() => void flush(), SAVE_AFTER_MS)
    return () => clearTimeout(timer)
    // A timer for each version: whatever else is drawn anew meanwhile.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [saving, now])

  /** Save what is not saved yet, after all that is on its way; the draft as it is kept then. */
  function flush(): Promise<KeptDraft | null> {
    const done = Promise.all([turn.current, saved.current]).then(() => {
      const { kept: had, saving: is } = latest.current
      return is === 'saved' || is === 'same' ? had : keep()
    })
    saved.current = done
    return done
  }

  // Whoever leaves at once takes the last change along.
  useEffect(
    () => () => {
      const last = Promise.all([turn.current, saved.current])
      void last.then(() => {
        if (latest.current.saving === 'changed') void keep()
      })
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [],
  )

  async function takeTheirs() {
    const files = theirs?.files ?? {}
    const shown = theirs === null ? running : await read(name, files)
    if (shown !== null) setNow({ ...shown, files })
    setKept(theirs)
    stand(theirs === null ? 'same' : 'saved')
    setPast([])
  }

  /** The same fields, written into the texts that run now. */
  async function ontoRunning() {
    const fields = Object.entries(latest.current.now?.drawing.fields ?? {})
    const edits = fields
      .filter(([key]) => key !== 'segment')
      .map(([path, value]) => ({ edit: 'set_field' as const, path, value }))
    const next = await take(
      api.POST('/api/drawing/segment/edit', { body: { segment: name, files: {}, edits } }),
    )
    show(next)
    setKept((before) => (before === null ? null : { ...before, moved: [] }))
    const { kept: match } = latest.current
    await keep(match === null ? null : { ...match, moved: [] })
  }

  async function throwAway() {
    // What is saved behind it would begin the draft anew.
    stand('same')
    await Promise.all([turn.current, saved.current])
    if (kept !== null) await discard(draftOf(name))
    setKept(null)
    setPast([])
    stand('same')
    if (running !== null) setNow({ ...running, files: {} })
    await queries.invalidateQueries({ queryKey: ['drafts'] })
  }

  return {
    name,
    now,
    running,
    kept,
    saving,
    savedAt: (kept?.draft.saved_at ?? 0) as Instant,
    error,
    theirs,
    canUndo: past.length > 0,
    edit,
    undo,
    keep,
    flush,
    takeTheirs,
    ontoRunning,
    throwAway,
  }
}

export type Draft = ReturnType<typeof useDraft>

export function titleOf({ drawing }: Read): string {
  const { title } = drawing.fields as { title?: unknown }
  return typeof title === 'string' ? title : drawing.name
}
