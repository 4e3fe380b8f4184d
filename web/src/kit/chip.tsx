// A state in a word.
import type { ReactNode } from 'react'

export type ChipTone = 'ok' | 'warn' | 'bad' | 'accent' | 'line' | 'plain'

export function Chip({ tone = 'plain', children }: { tone?: ChipTone; children: ReactNode }) {
  return (
    <span className="chip" data-tone={tone}>
      {children}
    </span>
  )
}
