// What has become of a change, in a word; and for whom it waits.
import type { ChangeRequest } from '@/api/changes'
import { Chip, type ChipTone } from '@/kit/chip'
import { APPROVALS } from '@/words/approvals'
import { title } from '@/words/format'

type State = NonNullable<ChangeRequest['state']>

const TONES: Record<State, ChipTone> = {
  open: 'warn',
  approved: 'ok',
  rejected: 'bad',
  void: 'line',
  applied: 'accent',
  withdrawn: 'line',
}

export function StateChip({ change }: { change: ChangeRequest }) {
  const state = change.state ?? 'open'
  return <Chip tone={TONES[state]}>{APPROVALS.state[state]}</Chip>
}

/** A team by its name; an empty one is whoever approves. */
export function teamName(team: string): string {
  return team === '' ? APPROVALS.anyApprover : title(team)
}

export function isLive(change: ChangeRequest): boolean {
  return change.state === 'open' || change.state === 'approved'
}
