// A small round mark: passed, refused, held, or not reached. Words always stand beside it.
import { IconCheck, IconClock, IconMinus, IconX } from '@tabler/icons-react'

/** `after`: refused too, behind what decided. */
export type MarkState = 'pass' | 'refuse' | 'after' | 'hold' | 'none'
const ICONS = { pass: IconCheck, refuse: IconX, after: IconX, hold: IconClock, none: IconMinus }

export function RoundMark({ state }: { state: MarkState }) {
  const Icon = ICONS[state]
  return (
    <span className="mark" data-state={state} aria-hidden="true">
      <Icon size={12} stroke={2.6} />
    </span>
  )
}
