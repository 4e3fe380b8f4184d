// Notes, as the server tells of them: what kind each is, in a word, and what it looks like.
import {
  type Icon,
  IconAlertTriangle,
  IconArrowMerge,
  IconArrowRight,
  IconBan,
  IconBell,
  IconBroadcast,
  IconBug,
  IconClockHour4,
  IconEye,
  IconId,
  IconInbox,
  IconLogin2,
  IconLogout2,
  IconMail,
  IconPencil,
  IconRoute,
  IconSend,
  IconShieldCheck,
  IconShieldX,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react'
import type { Told } from '@/api/types'
import type { TileKind } from '@/kit/tile'

export type Note = { type: string } & Record<string, unknown>
type Look = { word: string; icon: Icon; kind: TileKind }

const LOOKS: Readonly<Record<string, Look>> = {
  admitted: { word: 'Event', icon: IconInbox, kind: 'end' },
  rejected: { word: 'Quarantined', icon: IconBan, kind: 'bad' },
  mapped: { word: 'Mapped', icon: IconPencil, kind: 'end' },
  linked: { word: 'Recognised', icon: IconId, kind: 'end' },
  not_linked: { word: 'Not linked', icon: IconId, kind: 'warn' },
  merged: { word: 'Profiles joined', icon: IconArrowMerge, kind: 'end' },
  separated: { word: 'Profiles parted', icon: IconArrowMerge, kind: 'warn' },
  consent: { word: 'Consent', icon: IconShieldCheck, kind: 'ok' },
  propagated: { word: 'Consent passed on', icon: IconBroadcast, kind: 'end' },
  handed_on: { word: 'Handed on', icon: IconArrowRight, kind: 'end' },
  segment: { word: 'Segment', icon: IconUsers, kind: 'decide' },
  entered: { word: 'Journey entered', icon: IconLogin2, kind: 'listen' },
  not_entered: { word: 'Not entered', icon: IconBan, kind: 'warn' },
  moved: { word: 'Journey step', icon: IconRoute, kind: 'time' },
  left: { word: 'Journey left', icon: IconLogout2, kind: 'end' },
  decided: { word: 'Decision', icon: IconSend, kind: 'act' },
  settled: { word: 'Delivery', icon: IconMail, kind: 'ok' },
  reacted: { word: 'Reaction', icon: IconEye, kind: 'ok' },
  revoked: { word: 'Called back', icon: IconShieldX, kind: 'bad' },
  trait: { word: 'Trait', icon: IconPencil, kind: 'end' },
  trait_refused: { word: 'Trait refused', icon: IconPencil, kind: 'warn' },
  trait_expired: { word: 'Trait expired', icon: IconClockHour4, kind: 'time' },
  audience: { word: 'Audience', icon: IconUsersGroup, kind: 'decide' },
  called: { word: 'Call', icon: IconArrowRight, kind: 'act' },
  alert: { word: 'Alert', icon: IconBell, kind: 'warn' },
  fault: { word: 'Fault', icon: IconBug, kind: 'bad' },
}

const UNKNOWN: Look = { word: 'Note', icon: IconAlertTriangle, kind: 'end' }

/** How a note looks: a refused decision is not a sent one. */
export function lookOf(note: Note): Look {
  const look = LOOKS[note.type] ?? UNKNOWN
  if (note.type === 'decided' && note.verdict === 'refuse') {
    return { word: 'Not sent', icon: IconBan, kind: 'bad' }
  }
  if (note.type === 'decided' && note.verdict === 'hold') {
    return { word: 'Held', icon: IconClockHour4, kind: 'time' }
  }
  if (note.type === 'consent' && note.is_granted === false) {
    return { word: 'Withdrawn', icon: IconShieldX, kind: 'bad' }
  }
  if (note.type === 'settled' && !['accepted', 'delivered'].includes(String(note.outcome))) {
    return { word: 'Not delivered', icon: IconMail, kind: 'bad' }
  }
  return look
}

const WEIGHT = [
  'fault',
  'rejected',
  'decided',
  'revoked',
  'settled',
  'consent',
  'alert',
  'entered',
  'left',
  'not_entered',
  'merged',
  'separated',
  'reacted',
  'audience',
  'called',
  'moved',
  'segment',
  'propagated',
  'handed_on',
]

/** The note that says most about a step: what a line about the step is headed by. */
export function mainNote(step: Told): { note: Note; sentence: string } {
  const notes = step.notes as unknown as readonly Note[]
  let best = 0
  notes.forEach((note, index) => {
    if (rank(note) < rank(notes[best])) best = index
  })
  return {
    note: notes[best] ?? { type: 'admitted' },
    sentence: bare(step.sentences[best] ?? ''),
  }
}

/** A sentence without the person it begins with: for where that stands beside it. */
export function bare(sentence: string): string {
  const words = sentence
    .replace(/^(person [0-9a-f]+|somebody unknown) /, '')
    .replace(/^did '([^']+)'/, '$1')
    .replace(/^has delivery [0-9a-f]+ /, 'delivery ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export function shortId(personId: string): string {
  return personId.slice(-6)
}

function rank(note: Note | undefined): number {
  const at = note === undefined ? -1 : WEIGHT.indexOf(note.type)
  return at < 0 ? WEIGHT.length : at
}
