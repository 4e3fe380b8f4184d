// Where a step can be put: a list of steps and a place in it. Each `+` on the canvas is one.
import { type Drawing, type Graph, START, type Step, waysOf } from './graph'

export type Place = { into: string; index: number }

const LAST = ['leave', 'go_to']

/** Split a step's path into its list and its place there. */
export function placeOf(path: string): Place {
  const cut = path.lastIndexOf('/')
  return { into: path.slice(0, cut), index: Number(path.slice(cut + 1)) }
}

/** Where a line begins: in a way of the step that it comes from, or right behind that step. */
export function placeOnLine(graph: Graph, from: string, way: number | null): Place {
  if (from === START) return { into: 'steps', index: 0 }
  if (way === null) return behind(from)
  const block = graph.steps.get(from)?.ways[way]?.way.block
  return block === undefined ? behind(from) : { into: block, index: 0 }
}

export function behind(path: string): Place {
  const { into, index } = placeOf(path)
  return { into, index: index + 1 }
}

/** Whether people go on from a step at all: behind an end there is no place. */
export function isOpen(step: Step): boolean {
  return !LAST.includes(step.kind)
}

export type Offered = Place & { way: string }

/** Where a step can be put after another, the likely first: on its ways, then behind all of it. */
export function placesAfter(drawing: Drawing, graph: Graph, path: string): Offered[] {
  if (path === START || path === '') return [{ into: 'steps', index: 0, way: '' }]
  const shown = graph.steps.get(path)
  if (shown === undefined) return [{ into: 'steps', index: drawing.steps.length, way: '' }]
  const ways = shown.ways.map(({ way }) => ({ into: way.block, index: 0, way: way.label }))
  const own = isOpen(shown.step) ? [{ ...behind(path), way: '' }] : []
  return [...ways, ...own]
}

/** The steps of a list, by its path. */
export function stepsIn(drawing: Drawing, into: string): readonly Step[] {
  if (into === 'steps') return drawing.steps
  for (const step of everyStep(drawing.steps)) {
    for (const way of waysOf(step)) if (way.block === into) return way.steps
  }
  return []
}

export function everyStep(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [step, ...waysOf(step).flatMap((way) => everyStep(way.steps))])
}

/** The step that a path leads into: of a field, the one whose field it is; '' where it is in none. */
export function stepAt(drawing: Drawing, path: string): string {
  const found = everyStep(drawing.steps).filter(
    (step) => path === step.path || path.startsWith(`${step.path}/`),
  )
  return found.at(-1)?.path ?? ''
}
