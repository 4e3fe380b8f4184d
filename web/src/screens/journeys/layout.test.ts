// Laws of the layout: for any journey, nodes never overlap and lines never run through them.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Lane, layout, type Layout, type Point, type Spot, type Tree, WIDTH } from './layout'

const blocks = fc.letrec<{ block: Tree[]; step: Tree; lane: Omit<Lane, 'way'> }>((tie) => ({
  block: fc.array(tie('step'), { minLength: 1, maxLength: 4 }),
  lane: fc.record({
    steps: fc.oneof({ depthSize: 'small' }, fc.constant([]), tie('block')),
  }),
  step: fc
    .record({
      goesOn: fc.boolean(),
      ways: fc.array(fc.option(tie('lane')), { maxLength: 4 }),
    })
    .map(({ goesOn, ways }) => ({
      id: '',
      goesOn,
      wayCount: ways.length,
      lanes: ways.flatMap((lane, way) => (lane === null ? [] : [{ ...lane, way }])),
    })),
})).block

function named(steps: readonly Tree[], prefix = ''): Tree[] {
  return steps.map((step, index) => {
    const id = `${prefix}${index}`
    const lanes = step.lanes.map((lane) => ({
      ...lane,
      steps: named(lane.steps, `${id}/${lane.way}/`),
    }))
    return { ...step, id, lanes }
  })
}

/** Heights that differ, and are the same each time. */
function heightOf(id: string): number {
  return 60 + ([...id].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 7) % 190)
}

function placed(steps: readonly Tree[]): Layout {
  return layout(named(steps), heightOf)
}

type Box = { left: number; right: number; top: number; bottom: number }

function boxOf({ x, y, height }: Spot): Box {
  return { left: x, right: x + WIDTH, top: y, bottom: y + height }
}

function boxBetween([ax, ay]: Point, [bx, by]: Point): Box {
  const [left, right] = [Math.min(ax, bx), Math.max(ax, bx)]
  return { left, right, top: Math.min(ay, by), bottom: Math.max(ay, by) }
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

it('never lets two steps overlap', () => {
  fc.assert(
    fc.property(blocks, (steps) => {
      const { spots } = placed(steps)
      const over = spots.flatMap((a, index) =>
        spots.slice(index + 1).filter((b) => overlap(boxOf(a), boxOf(b))),
      )
      expect(over).toEqual([])
    }),
  )
})

it('never leads a line through a step', () => {
  fc.assert(
    fc.property(blocks, (steps) => {
      const { spots, lines } = placed(steps)
      const boxes = spots.map(boxOf)
      const through = lines.filter(({ points }) =>
        points.slice(1).some((point, index) => {
          const part = boxBetween(points[index] as Point, point)
          return boxes.some((box) => overlap(part, box))
        }),
      )
      expect(through).toEqual([])
    }),
  )
})

it('draws every line upright or level, downward from its step to the next', () => {
  fc.assert(
    fc.property(blocks, (steps) => {
      const { spots, lines } = placed(steps)
      const byId = new Map(spots.map((spot) => [spot.id, spot]))
      for (const { from, to, points } of lines) {
        const start = byId.get(from)
        const end = byId.get(to)
        expect(points[0]?.[1]).toBe((start?.y ?? 0) + (start?.height ?? 0))
        expect(points.at(-1)).toEqual([(end?.x ?? 0) + WIDTH / 2, end?.y])
        const isRight = points.slice(1).every((point, index) => {
          const [x, y] = points[index] as Point
          return (point[0] === x || point[1] === y) && point[1] >= y
        })
        expect(isRight, points.join(' ')).toBe(true)
      }
    }),
  )
})

it('places every step once', () => {
  fc.assert(
    fc.property(blocks, (steps) => {
      const ids = placed(steps).spots.map((spot) => spot.id)
      const all = (of: readonly Tree[]): string[] =>
        of.flatMap((step) => [step.id, ...step.lanes.flatMap((lane) => all(lane.steps))])
      expect(ids.toSorted()).toEqual(all(named(steps)).toSorted())
    }),
  )
})
