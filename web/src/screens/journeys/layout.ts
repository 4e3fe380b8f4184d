// Where steps stand. Positions are derived from the tree and the heights of its nodes, never stored.
//
// A block is a stack of steps. Below a step that forks, its lanes stand side by side, each a block;
// below all of them the stack goes on, and what goes on from a lane joins it there. So every block
// has a box of its own, boxes never overlap, and lines run in the gaps between them.

export const WIDTH = 236
export const GAP = 56
const SIDE = 28
const LANE = 48
const RISE = 5

export type Tree = {
  id: string
  /** Of how many ways the node has; a lane begins at its own. */
  wayCount: number
  lanes: readonly Lane[]
  /** Without lanes: whether it leads to the step below. */
  goesOn: boolean
}

/** A way that is drawn as a line: to steps of its own, or past its neighbours to the step below. */
export type Lane = { way: number; steps: readonly Tree[] }

export type Point = readonly [x: number, y: number]
export type Spot = { id: string; x: number; y: number; height: number }
export type Line = { id: string; from: string; to: string; way: number | null; points: Point[] }
export type Layout = { spots: Spot[]; lines: Line[] }

type Extent = { left: number; right: number; height: number }
type Exit = { from: string; way: number | null; points: Point[] }

/** Place all steps; the middle of the first is x = 0, its top y = 0. */
export function layout(steps: readonly Tree[], heightOf: (id: string) => number): Layout {
  const placer = new Placer(heightOf)
  placer.block(steps, 0, 0)
  return { spots: placer.spots, lines: placer.lines }
}

class Placer {
  readonly spots: Spot[] = []
  readonly lines: Line[] = []
  private readonly extents = new Map<readonly Tree[], Extent>()

  constructor(private readonly heightOf: (id: string) => number) {}

  /** Place a block around a middle; return what leads on from its last step. */
  block(steps: readonly Tree[], middle: number, top: number): Exit[] {
    let exits: Exit[] = []
    let y = top
    for (const step of steps) {
      for (const exit of exits) this.join(exit, step.id, middle, y)
      exits = this.step(step, middle, y)
      y += this.stepExtent(step).height + GAP
    }
    return exits
  }

  private step(step: Tree, middle: number, top: number): Exit[] {
    const height = this.heightOf(step.id)
    this.spots.push({ id: step.id, x: middle - WIDTH / 2, y: top, height })
    const bottom = top + height
    if (step.lanes.length === 0) {
      return step.goesOn ? [{ from: step.id, way: null, points: [[middle, bottom]] }] : []
    }
    const starts = step.lanes.map(
      (lane) => middle - WIDTH / 2 + ((lane.way + 0.5) / step.wayCount) * WIDTH,
    )
    if (!hasColumns(step)) {
      return step.lanes.map((lane, index) => ({
        from: step.id,
        way: lane.way,
        points: [[starts[index] ?? middle, bottom]],
      }))
    }
    return this.columns(step, { middle, bottom, starts })
  }

  private columns(
    step: Tree,
    at: { middle: number; bottom: number; starts: readonly number[] },
  ): Exit[] {
    const extents = step.lanes.map((lane) => this.laneExtent(lane))
    const middles = middlesOf(extents).map((x) => x + at.middle)
    const channels = channelsOf(at.starts, middles)
    const top = at.bottom + GAP
    const end = top + Math.max(...extents.map((extent) => extent.height))
    return step.lanes.flatMap((lane, index) => {
      const start = at.starts[index] ?? at.middle
      const x = middles[index] ?? at.middle
      const channel = at.bottom + GAP / 2 + (channels[index] ?? 0)
      const lead: Point[] = [
        [start, at.bottom],
        [start, channel],
        [x, channel],
      ]
      const first = lane.steps[0]
      if (first === undefined) {
        return [{ from: step.id, way: lane.way, points: [...lead, [x, end]] as Point[] }]
      }
      this.line({ from: step.id, way: lane.way, points: [...lead, [x, top]] }, first.id)
      return this.block(lane.steps, x, top)
    })
  }

  private join(exit: Exit, to: string, middle: number, top: number): void {
    const channel = top - GAP / 2
    const last = exit.points.at(-1)
    const x = last === undefined ? middle : last[0]
    const rest: Point[] = [
      [x, channel],
      [middle, channel],
      [middle, top],
    ]
    this.line({ ...exit, points: [...exit.points, ...rest] }, to)
  }

  private line(exit: Exit, to: string): void {
    const id = `${exit.from} ${exit.way ?? ''} ${to}`
    this.lines.push({ ...exit, id, to, points: straight(exit.points) })
  }

  private laneExtent(lane: Lane): Extent {
    if (lane.steps.length === 0) return { left: LANE / 2, right: LANE / 2, height: 0 }
    const known = this.extents.get(lane.steps)
    if (known !== undefined) return known
    const each = lane.steps.map((step) => this.stepExtent(step))
    const found = {
      left: Math.max(...each.map((extent) => extent.left)),
      right: Math.max(...each.map((extent) => extent.right)),
      height: each.reduce((sum, extent) => sum + extent.height, GAP * (each.length - 1)),
    }
    this.extents.set(lane.steps, found)
    return found
  }

  private stepExtent(step: Tree): Extent {
    const height = this.heightOf(step.id)
    const half = WIDTH / 2
    if (!hasColumns(step)) return { left: half, right: half, height }
    const extents = step.lanes.map((lane) => this.laneExtent(lane))
    const middles = middlesOf(extents)
    const left = Math.max(half, (extents[0]?.left ?? 0) - (middles[0] ?? 0))
    const right = Math.max(half, (extents.at(-1)?.right ?? 0) + (middles.at(-1) ?? 0))
    const tallest = Math.max(...extents.map((extent) => extent.height))
    return { left, right, height: height + GAP + tallest }
  }
}

/** Where no way has steps of its own, all lead straight to the step below. */
function hasColumns(step: Tree): boolean {
  return step.lanes.some((lane) => lane.steps.length > 0)
}

/** Return where the middles of columns stand, the whole of them around 0. */
function middlesOf(extents: readonly Extent[]): number[] {
  if (extents.length === 1) return [0]
  const widths = extents.map((extent) => extent.left + extent.right)
  let x = -(widths.reduce((sum, width) => sum + width, SIDE * (widths.length - 1)) / 2)
  return extents.map((extent, index) => {
    const middle = x + extent.left
    x += (widths[index] ?? 0) + SIDE
    return middle
  })
}

/** Of lines that leave to one side, the outer ones turn first: so they do not cross. */
function channelsOf(starts: readonly number[], middles: readonly number[]): number[] {
  const sides = starts.map((start, index) => Math.sign((middles[index] ?? start) - start))
  const toLeft = sides.filter((side) => side < 0).length
  const toRight = sides.filter((side) => side > 0).length
  const rise = Math.min(RISE, GAP / 2.5 / Math.max(toLeft, toRight, 1))
  let left = 0
  let right = toRight
  return sides.map((side) => {
    if (side < 0) return rise * left++
    return side > 0 ? rise * --right : 0
  })
}

/** Leave out points that are on the way between their neighbours. */
function straight(points: readonly Point[]): Point[] {
  const kept: Point[] = []
  for (const [x, y] of points) {
    const last = kept.at(-1)
    const before = kept.at(-2)
    if (last !== undefined && last[0] === x && last[1] === y) continue
    const isOnWay =
      last !== undefined &&
      before !== undefined &&
      ((before[0] === last[0] && last[0] === x) || (before[1] === last[1] && last[1] === y))
    if (isOnWay) kept.pop()
    kept.push([x, y])
  }
  return kept
}

/** Return a line as an SVG path with round corners. */
export function pathOf(points: readonly Point[], radius = 12): string {
  return points
    .map(([x, y], index) => {
      const before = points[index - 1]
      const after = points[index + 1]
      if (before === undefined) return `M${x} ${y}`
      if (after === undefined) return `L${x} ${y}`
      const r = Math.min(radius, length(before, [x, y]) / 2, length([x, y], after) / 2)
      const [ax, ay] = toward([x, y], before, r)
      const [bx, by] = toward([x, y], after, r)
      return `L${ax} ${ay}Q${x} ${y} ${bx} ${by}`
    })
    .join('')
}

/** The middle of a line's longest upright part: where what belongs to it is put. */
export function middleOf(points: readonly Point[]): Point {
  let best: Point = points[0] ?? [0, 0]
  let longest = -1
  points.forEach((point, index) => {
    const next = points[index + 1]
    if (next === undefined || point[0] !== next[0]) return
    const size = length(point, next)
    if (size <= longest) return
    longest = size
    best = [point[0], (point[1] + next[1]) / 2]
  })
  return best
}

function length(a: Point, b: Point): number {
  return Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1])
}

function toward(from: Point, to: Point, by: number): Point {
  const whole = length(from, to) || 1
  return [from[0] + ((to[0] - from[0]) * by) / whole, from[1] + ((to[1] - from[1]) * by) / whole]
}
