// What is on its way to another place: dragged now, cut until it is pasted, or copied.
import { useMemo, useState } from 'react'
import type { Drawing } from '../graph'
import { everyStep, type Place } from '../places'
import type { Command, Desk } from './desk'
import type { Carried } from './editing'
import { move, valueOf } from './moves'

type Clip = { path: string; isCut: boolean; drawing: Drawing; value: Record<string, unknown> }

export type Carrying = {
  carried: Carried | null
  carry: (carried: Carried | null) => void
  /** Path of the step that is cut, as long as nothing else was changed. */
  cut: string
  take: (path: string, how: 'cut' | 'copy') => void
  /** The commands that put what was taken at a place. */
  put: (to: Place) => Command[]
}

export function useCarrying(desk: Desk, now: Drawing): Carrying {
  const [carried, carry] = useState<Carried | null>(null)
  const [clip, setClip] = useState<Clip | null>(null)
  return useMemo(
    () => ({
      carried,
      carry,
      cut: clip?.isCut === true && clip.drawing === now ? clip.path : '',
      take(path, how) {
        const { drawing } = desk.state().now
        const step = everyStep(drawing.steps).find((each) => each.path === path)
        if (step === undefined) return
        setClip({ path, isCut: how === 'cut', drawing, value: valueOf(step) })
      },
      put({ into, index }) {
        if (clip === null) return []
        if (!clip.isCut) return [{ edit: 'insert_step', into, index, kind: '', step: clip.value }]
        // Paths are of the drawing in which it was cut: after another change it is not cut any more.
        return clip.drawing === now ? move(clip.path, { into, index }) : []
      },
    }),
    [carried, clip, desk, now],
  )
}
