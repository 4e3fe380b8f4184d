// Of whom somebody was joined, when and by what, read from what was noted. Pure, to be tested.
import type { Told } from '@/api/types'
import type { Note } from '@/words/notes'

export type Joining = {
  gone: string
  /** The kind of identifier that joined them, or who said so; empty: not known here. */
  by: string
  /** Null: before the steps that are shown. */
  at: number | null
}

/** Those who are in a profile, in the order in which they came into it. */
export function joiningsOf(merged: readonly string[], steps: readonly Told[]): Joining[] {
  const known = new Map<string, Joining>()
  for (const step of steps) {
    for (const note of step.notes as unknown as readonly Note[]) {
      if (note.type !== 'merged') continue
      const gone = String(note.gone)
      known.set(gone, { gone, by: String(note.by), at: step.at })
    }
  }
  const found = merged.map((gone) => known.get(gone) ?? { gone, by: '', at: null })
  return found.toSorted((one, other) => (one.at ?? 0) - (other.at ?? 0))
}
