// A segment that somebody edits: a change is a command on its text, done by the server, or the text
// itself. It is saved as a draft a second later, over the state that was seen, and kept on the device
// until then and for as long as the server is away.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, Refused, take } from '@/api/client'
import { Clash, discard, find, type KeptDraft, type Overlay, save } from '@/api/drafts'
import type { components } from '@/api/schema'
import type { Instant } from '@/api/types'
import { useMe } from '@/app/session'
import { type Change, type Put, putOf } from '@/kit/form/ahead'
import type { JsonObject } from '@/kit/form/json'
import { type Copy, type Device, deviceOf } from '@/screens/journeys/edit/device'
import { draftOf } from './names'

type Schemas = components['schemas']
export type Read = Schemas['ShownSegmentText']
export type Edits = Schemas['SegmentToEdit']['edits']
type Version = Read & {
  files: Overlay
  /** The drawing is of these texts, and not of older ones. */
  isDrawn: boolean
}

export type Saving = 'same' | 'changed' | 'saving' | 'saved' | 'away' | 'refused' | 'clash'

const SAVE_AFTER_MS = 1_000
const READ_AFTER_MS = 400
const AGAIN_MS = 2_000

/** The segment as it runs, and as its draft has it. */
export function useOpened(name: string) {
  const { name: who } = useMe()
  return useQuery({
    queryKey: ['segment', name, 'opened', who],
    queryFn: () => open(name, deviceOf(who, draftOf(name))),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
}

export type Opened = Awaited<ReturnType<typeof open>>

async function open(name: string, device: Device) {
  const [page, kept] = await Promise.all([
    // Asked for by name, one that does not run yet would be an error on the browser's console.
    take(api.GET('/api/segments', { params: { query: { word: name, limit: 1_000 } } })),
    find(draftOf(name)),
  ])
  const copy = await copyOn(device, name, kept)
  const runs = page.rows.some((row) => row.name === name)
  const running = runs || (kept === null && copy === null) ? await read(name, {}) : null
  const draft = kept === null ? null : await read(name, kept.files)
  const isApplied = running !== null && draft !== null && running.text === draft.text
  return { name, running, kept, now: isApplied ? null : draft, runs, copy, device }
}

/** What this device has that the server has not: a copy, drawn, and whether somebody saved since. */
async function copyOn(device: Device, name: string, kept: KeptDraft | null) {
  const copy = device.get()
  if (copy === null || isSameOverlay(copy.files, kept?.files ?? {})) return null
  const shown = await read(name, copy.files)
  return { ...shown, files: copy.files, isBehind: copy.etag !== (kept?.etag ?? '') }
}

function isSameOverlay(a: Overlay, b: Overlay): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((each) => a[each] === b[each])
}

function read(segment: string, files: Overlay): Promise<Read> {
  return take(api.POST('/api/drawing/segment/read', { body: { segment, files } }))
}

export function useDraft(opened: Opened) {
  const { name, running, copy, device } = opened
  const queries = useQueryClient()
  const first = firstOf(opened)
  const [past, setPast] = useState<readonly Version[]>([])
  const [now, setNow] = useState(first)
  const [kept, setKept] = useState<KeptDraft | null>(opened.kept)
  const [saving, setSaving] = useState<Saving>(() => {
    if (copy !== null) return copy.isBehind ? 'clash' : 'changed'
    return opened.now === null ? 'same' : 'saved'
  })
  const [ahead, setAhead] = useState<readonly Change[]>([])
  const [error, setError] = useState<unknown>(null)
  const [theirs, setTheirs] = useState<KeptDraft | null>(copy?.isBehind ? opened.kept : null)
  const [tries, setTries] = useState(0)
  const isTyping = useRef(false)
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
    copyOf(version)
    const { saving: is } = latest.current
    stand(is === 'clash' || is === 'away' ? is : 'changed')
  }

  function copyOf(version: Version) {
    const etag = latest.current.kept?.etag ?? ''
    const about = { journey: '', title: titleOf(version), base: version.base }
    const held: Copy = { ...about, files: version.files, agreed: {}, etag }
    device.put(held)
  }

  /** Put another text in place of the file's: what it says is read when it rests. */
  function write(text: string) {
    const before = latest.current.now
    if (before === null) return
    if (!isTyping.current) setPast((all) => [...all, before])
    isTyping.current = true
    const files = { ...before.files, [before.drawing.place.file]: text }
    show({ ...before, text, files, isDrawn: false })
  }

  async function draw(version: Version) {
    try {
      const shown = await read(name, version.files)
      if (latest.current.now !== version) return
      setError(null)
      latest.current = { ...latest.current, now: { ...version, ...shown, isDrawn: true } }
      setNow(latest.current.now)
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused
      if (latest.current.now === version && !refused.isAway) setError(refused)
    }
  }

  /** Set a field: it stands there at once, and goes back where it is refused. */
  async function set(change: Change): Promise<void> {
    setAhead((all) => [...all, change])
    try {
      await edit((fields) => editsOf(putOf(fields, change)))
    } finally {
      setAhead((all) => all.filter((each) => each !== change))
    }
  }

  /** Do commands in their turn, made of the fields as they are then. */
  function edit(make: (fields: JsonObject) => Edits): Promise<void> {
    // What was told before this one was asked for is over once it is done.
    const known = error
    const done: Promise<void> = turn.current.then(async function attempt(): Promise<void> {
      const { now: written } = latest.current
      if (written !== null && !written.isDrawn) await draw(written)
      const before = latest.current.now
      const edits = make((before?.drawing.fields ?? {}) as JsonObject)
      if (edits.length === 0) return
      try {
        const next = await take(
          api.POST('/api/drawing/segment/edit', {
            body: { segment: name, files: before?.files ?? {}, edits },
          }),
        )
        // The text was written on meanwhile: the commands are for that one then.
        if (latest.current.now !== null && latest.current.now.files !== before?.files)
          return attempt()
        setError((told: unknown) => (told === known ? null : told))
        isTyping.current = false
        if (before !== null) setPast((all) => [...all, before])
        show({ ...next, isDrawn: true })
      } catch (refused) {
        if (!(refused instanceof Refused)) throw refused
        setError(refused)
      }
    })
    turn.current = done
    return done
  }

  function undo() {
    const before = past.at(-1)
    if (before === undefined) return
    isTyping.current = false
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
      const last = latest.current.now ?? version
      const isAll = last.files === version.files
      if (isAll) device.drop()
      else copyOf(last)
      stand(isAll ? 'saved' : 'changed')
      void queries.invalidateQueries({ queryKey: ['drafts'] })
      return saved
    } catch (refused) {
      if (refused instanceof Clash) {
        setTheirs(refused.theirs)
        stand('clash')
      } else if (refused instanceof Refused) {
        if (!refused.isAway) setError(refused)
        stand(refused.isAway ? 'away' : 'refused')
        setTries((count) => count + 1)
      } else throw refused
      return null
    }
  }

  useEffect(() => {
    if (saving !== 'changed' && saving !== 'away') return
    const after = saving === 'away' ? AGAIN_MS : SAVE_AFTER_MS
    const timer = setTimeout(() => void flush(), after)
    return () => clearTimeout(timer)
    // A timer for each version, and one for each try: whatever else is drawn anew meanwhile.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [saving, now?.files, tries])

  useEffect(() => {
    if (now === null || now.isDrawn) return
    const timer = setTimeout(() => void draw(now), saving === 'away' ? AGAIN_MS : READ_AFTER_MS)
    return () => clearTimeout(timer)
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [now, saving === 'away', tries])

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
    if (shown !== null) setNow({ ...shown, files, isDrawn: true })
    device.drop()
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
    show({ ...next, isDrawn: true })
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
    device.drop()
    setPast([])
    stand('same')
    if (running !== null) setNow({ ...running, files: {}, isDrawn: true })
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
    ahead,
    theirs,
    canUndo: past.length > 0,
    set,
    write,
    undo,
    keep,
    flush,
    takeTheirs,
    ontoRunning,
    throwAway,
  }
}

function firstOf({ running, kept, now, copy }: Opened): Version | null {
  if (copy !== null) return { ...copy, isDrawn: true }
  if (now !== null) return { ...now, files: kept?.files ?? {}, isDrawn: true }
  return running && { ...running, files: {}, isDrawn: true }
}

function editsOf(put: Put | null): Edits {
  if (put === null) return []
  const { field: path, value } = put
  return [value === undefined ? { edit: 'remove_field', path } : { edit: 'set_field', path, value }]
}

export type Draft = ReturnType<typeof useDraft>

export function titleOf({ drawing }: Read): string {
  const { title } = drawing.fields as { title?: unknown }
  return typeof title === 'string' ? title : drawing.name
}
