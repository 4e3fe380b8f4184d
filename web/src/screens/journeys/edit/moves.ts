// Moving steps: by keys along the structure, by dropping them elsewhere, by copying them.
import { type Drawing, START, type Step, waysOf } from '../graph'
import { behind, everyStep, type Place, placeOf, stepsIn } from '../places'
import type { Command } from './desk'

export type Direction = 'up' | 'down' | 'left' | 'right'

/** Return where a step goes by Alt and an arrow: past its neighbour, out of its way, into the next. */
export function placeTowards(drawing: Drawing, path: string, towards: Direction): Place | null {
  const { into, index } = placeOf(path)
  const fork = forkOf(drawing, into)
  switch (towards) {
    case 'up':
      if (index > 0) return { into, index: index - 1 }
      return fork === null ? null : placeOf(fork.path)
    case 'down':
      if (index < stepsIn(drawing, into).length - 1) return { into, index: index + 2 }
      return fork === null ? null : behind(fork.path)
    case 'left':
    case 'right': {
      if (fork === null) return null
      const ways = waysOf(fork)
      const at = ways.findIndex((way) => way.block === into)
      const next = ways[at + (towards === 'left' ? -1 : 1)]
      return next === undefined ? null : { into: next.block, index: 0 }
    }
  }
}

/** What moves a step so; nothing where it goes nowhere, or is gone. */
export function moveTowards(drawing: Drawing, path: string | null, towards: Direction): Command[] {
  const to = path === null ? null : placeTowards(drawing, path, towards)
  return path === null || to === null ? [] : move(path, to)
}

/** The step on one of whose ways a list of steps stands; null: it is the journey's own. */
export function forkOf(drawing: Drawing, into: string): Step | null {
  const isOwner = (step: Step) => waysOf(step).some((way) => way.block === into)
  return everyStep(drawing.steps).find(isOwner) ?? null
}

/** A step may go anywhere but into itself; where it stands already is no move. */
export function mayMove(path: string, to: Place): boolean {
  const from = placeOf(path)
  const isHere = from.into === to.into && (to.index === from.index || to.index === from.index + 1)
  return !isHere && to.into !== path && !to.into.startsWith(`${path}/`)
}

export function move(path: string, to: Place): Command[] {
  return mayMove(path, to) ? [{ edit: 'move_step', path, ...to }] : []
}

/** Which step is looked at once another is gone: the one before it, or whose way it stood on. */
export function leftBehind(drawing: Drawing, path: string): string {
  const { into, index } = placeOf(path)
  if (index > 0) return `${into}/${index - 1}`
  return forkOf(drawing, into)?.path ?? START
}

/** A step as YAML would have it, with all that stands in it; labels are there once, so without. */
export function valueOf(step: Step): Record<string, unknown> {
  const value = structuredClone(step.fields) as Record<string, unknown>
  delete value.label
  for (const way of waysOf(step)) {
    if (way.steps.length === 0) continue
    put(value, partsOf(way.block.slice(step.path.length + 1)), way.steps.map(valueOf))
  }
  return value
}

function put(value: unknown, [first, ...rest]: string[], what: unknown): void {
  if (first === undefined || typeof value !== 'object' || value === null) return
  const fields = value as Record<string, unknown>
  if (rest.length === 0) fields[first] = what
  else put((fields[first] ??= {}), rest, what)
}

function partsOf(path: string): string[] {
  return path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}
