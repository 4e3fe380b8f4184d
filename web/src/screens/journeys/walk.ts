// Walking a journey by arrow keys: down and up along the lines, left and right among neighbours.
import { besideGhost, isGhost } from './ghosts'
import { type Graph, START } from './graph'
import { type Spot, WIDTH } from './layout'

export type Direction = 'up' | 'down' | 'left' | 'right'

/** Return the step that lies in a direction, or '' where there is none. */
export function stepBeside(
  graph: Graph,
  spots: readonly Spot[],
  { from, direction }: { from: string; direction: Direction },
): string {
  if (isGhost(from)) return besideGhost(spots, from, direction)
  switch (direction) {
    case 'down':
      if (from === START) return spots[1]?.id ?? ''
      return graph.steps.get(from)?.next[0] ?? ''
    case 'up':
      return graph.steps.get(from)?.before[0] ?? ''
    case 'left':
    case 'right':
      return neighbour(spots, from, direction)
  }
}

function neighbour(spots: readonly Spot[], from: string, direction: 'left' | 'right'): string {
  const here = spots.find((spot) => spot.id === from)
  if (here === undefined) return ''
  const sign = direction === 'left' ? -1 : 1
  const beside = spots
    .filter((spot) => (spot.x - here.x) * sign >= WIDTH / 2 && isLevel(spot, here))
    .toSorted((a, b) => Math.abs(a.x - here.x) - Math.abs(b.x - here.x))
  return beside[0]?.id ?? ''
}

function isLevel(a: Spot, b: Spot): boolean {
  return a.y < b.y + b.height && b.y < a.y + a.height
}
