// Steps that are gone, at the places where they stood: drawn, read, and not to be edited.
import type { Difference } from './edit/changes'
import { type Graph, START } from './graph'
import type { Lane, Tree } from './layout'
import { placeOf } from './places'

const GHOST = 'gone '

export type Haunted = { graph: Graph; ghosts: ReadonlyMap<string, Difference> }

export function ghostOf(difference: Difference): string {
  return GHOST + difference.was
}

export function isGhost(id: string): boolean {
  return id.startsWith(GHOST)
}

/** Return the graph with what is gone among its trees; its steps are the same. */
export function haunted(graph: Graph, differences: readonly Difference[]): Haunted {
  const gone = differences.filter((each) => each.what === 'removed')
  const ghosts = new Map(gone.map((each) => [ghostOf(each), each]))
  if (gone.length === 0) return { graph, ghosts }
  const [start, ...steps] = graph.trees
  const trees = block(steps, 'steps', { graph, gone, goesOn: true })
  return { graph: { ...graph, trees: start === undefined ? trees : [start, ...trees] }, ghosts }
}

type Where = { graph: Graph; gone: readonly Difference[]; goesOn: boolean }

function block(trees: readonly Tree[], into: string, where: Where): Tree[] {
  const here = where.gone.filter((each) => each.into === into)
  const last = trees.at(-1)
  const isOpen = last === undefined ? where.goesOn : last.goesOn || last.lanes.length > 0
  const before = (index: number) => here.filter((each) => each.index === index).map(ghost(true))
  const end = here.filter((each) => each.index >= trees.length).map(ghost(isOpen))
  return [
    ...trees.flatMap((tree) => [...before(placeOf(tree.id).index), lanesOf(tree, where)]),
    ...end,
  ]
}

function lanesOf(tree: Tree, where: Where): Tree {
  const ways = where.graph.steps.get(tree.id)?.ways ?? []
  const lanes: Lane[] = tree.lanes.map((lane) => ({
    way: lane.way,
    steps: block(lane.steps, ways[lane.way]?.way.block ?? '', { ...where, goesOn: true }),
  }))
  ways.forEach(({ way }, index) => {
    if (lanes.some((lane) => lane.way === index)) return
    const steps = where.gone.filter((each) => each.into === way.block && way.block !== '')
    if (steps.length > 0) lanes.push({ way: index, steps: steps.map(ghost(false)) })
  })
  // A way that is gone leaves at the edge, behind those that are there.
  const lost = where.gone.filter((each) => each.into === '' && each.fork === tree.id)
  if (lost.length > 0) lanes.push({ way: tree.wayCount - 0.5, steps: lost.map(ghost(false)) })
  return { ...tree, lanes: lanes.toSorted((a, b) => a.way - b.way) }
}

function ghost(goesOn: boolean): (difference: Difference) => Tree {
  return (difference) => ({ id: ghostOf(difference), wayCount: 1, lanes: [], goesOn })
}

/** The differences that stand in a list of steps before a place; past the last one, all others. */
export function goneAt(
  ghosts: ReadonlyMap<string, Difference>,
  into: string,
  index: number,
  isLast = false,
): Difference[] {
  return [...ghosts.values()].filter(
    (each) => each.into === into && (each.index === index || (isLast && each.index > index)),
  )
}

/** Where one comes from a ghost by the arrows: to what is drawn right before and after it. */
export function besideGhost(
  spots: readonly { id: string }[],
  from: string,
  direction: 'up' | 'down' | 'left' | 'right',
): string {
  const at = spots.findIndex((spot) => spot.id === from)
  const by = direction === 'up' ? -1 : direction === 'down' ? 1 : 0
  return at < 0 || by === 0 ? '' : (spots[at + by]?.id ?? START)
}
