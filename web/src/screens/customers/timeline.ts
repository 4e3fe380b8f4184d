// A person's steps as the rows of a timeline: decisions and what was not sent stand as rows of
// their own, and what somebody merely did is folded into visits. Pure, so that it can be tested.
import type { Message, Told } from '@/api/types'
import { bare, type Note } from '@/words/notes'

export type Kind = 'messages' | 'behaviour' | 'journeys' | 'consent' | 'identity' | 'more'

export type Row = {
  key: string
  at: number
  position: number
  kind: Kind
  note: Note
  sentence: string
  /** The event that it came of; empty: time passed, or it is that event itself. */
  after: string
  /** Of a message: what became of it, and by which id it is explained. */
  message?: Message
}

export type Visit = { key: string; at: number; until: number; rows: Row[] }

const KINDS: Readonly<Record<string, Kind>> = {
  admitted: 'behaviour',
  rejected: 'behaviour',
  decided: 'messages',
  reacted: 'messages',
  revoked: 'messages',
  entered: 'journeys',
  not_entered: 'journeys',
  left: 'journeys',
  consent: 'consent',
  propagated: 'consent',
  merged: 'identity',
  separated: 'identity',
  linked: 'identity',
  not_linked: 'identity',
}

const GAP_US = 30 * 60 * 1_000_000
const FOLDED_MIN = 3

/** Every row, newest first. A message that was looked at twice is one row, the latest. */
export function rowsOf(steps: readonly Told[], messages: readonly Message[]): Row[] {
  const states = new Map(messages.map((each) => [each.delivery_id, each]))
  const seen = new Set<string>()
  const rows: Row[] = []
  for (const step of [...steps].reverse()) {
    const notes = step.notes as unknown as readonly Note[]
    const came = notes.find((note) => note.type === 'admitted')
    const own: Row[] = []
    notes.forEach((note, index) => {
      const after = came === undefined || note === came ? '' : String(came.name)
      const row = rowOf(step, note, index, after)
      if (row === null) return
      if (note.type === 'decided') {
        const id = String(note.delivery_id)
        if (seen.has(id)) return
        seen.add(id)
        row.message = states.get(id)
      }
      own.push(row)
    })
    rows.push(...own.reverse())
  }
  return rows
}

function rowOf(step: Told, note: Note, index: number, after: string): Row | null {
  const kind = KINDS[note.type] ?? 'more'
  return {
    key: `${step.position}-${index}`,
    at: step.at,
    position: step.position,
    kind,
    note,
    sentence: bare(step.sentences[index] ?? ''),
    after,
  }
}

/** Whether something that could have gone did not: a message, or what would have led to one. */
export function isUnsent(row: Row): boolean {
  if (row.note.type === 'not_entered') return true
  if (row.note.type !== 'decided') return false
  if (row.message === undefined) return row.note.verdict !== 'pass'
  const [state = ''] = row.message.state.split(':')
  return !['sent', 'delivered', 'complained', 'queued'].includes(state)
}

/** Why it did not go, in words: as it was noted of the message, or of the way to it. */
export function reasonOf(row: Row): string {
  const noted = row.note.reason as { what?: string } | null | undefined
  return row.message?.reason?.what ?? noted?.what ?? ''
}

/** The rows that a filter lets through. `all` leaves out what nobody would miss. */
export function chosen(rows: readonly Row[], filter: string, text: string): Row[] {
  const wanted = text.trim().toLowerCase()
  return rows.filter((row) => {
    if (!isLetThrough(row, filter)) return false
    return wanted === '' || row.sentence.toLowerCase().includes(wanted)
  })
}

function isLetThrough(row: Row, filter: string): boolean {
  if (filter === 'all') return isNotable(row)
  return filter === 'unsent' ? isUnsent(row) : row.kind === filter
}

function isNotable(row: Row): boolean {
  if (row.kind === 'more') return row.note.type === 'segment' || row.note.type === 'fault'
  return !['linked', 'propagated', 'not_entered'].includes(row.note.type)
}

/** Rows in which what somebody did, one thing soon after another, is one visit. */
export function folded(rows: readonly Row[]): (Row | Visit)[] {
  const found: (Row | Visit)[] = []
  let run: Row[] = []
  function close() {
    const [first] = run
    const last = run.at(-1)
    if (first !== undefined && last !== undefined && run.length >= FOLDED_MIN) {
      found.push({ key: `visit-${last.key}`, at: last.at, until: first.at, rows: run })
    } else {
      found.push(...run)
    }
    run = []
  }
  for (const row of rows) {
    const before = run.at(-1)
    const isNear = before === undefined || before.at - row.at < GAP_US
    if (row.kind === 'behaviour' && row.note.type === 'admitted') {
      if (!isNear) close()
      run.push(row)
    } else {
      close()
      found.push(row)
    }
  }
  close()
  return found
}

export function isVisit(row: Row | Visit): row is Visit {
  return 'rows' in row
}
