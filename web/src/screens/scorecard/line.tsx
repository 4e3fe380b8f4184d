// A line over time with its target, as SVG of our own: small beside a figure, large with its axes.
import { useElementSize } from '@mantine/hooks'
import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import { day, hourAndMinute } from '@/words/format'
import { SCORECARD } from '@/words/scorecard'
import { beginOf, type Card, type Measure, shown, timeTicks } from './measure'

const DAY_US = 86_400_000_000
const PAD = { top: 14, right: 12, bottom: 24, left: 68 }
const TICKS = 4
/** So near to it, half a time of day would be cut off. */
const EDGE = 18
const TIMES_MAX = 7

type Point = { at: number; value: number }

/** Values that are there, at the middle of their stretch. */
function pointsOf(measure: Measure, slot: number): Point[] {
  return measure.points.flatMap(({ at, value }) =>
    value === null ? [] : [{ at: at + slot / 2, value }],
  )
}

/** From where to where values go: their target too, and room above. Shares end at one. */
function bounds(measure: Measure, points: readonly Point[]): [number, number] {
  const values = points.map((each) => each.value)
  if (measure.target !== null) values.push(measure.target)
  const most = Math.max(...values, 0)
  if (measure.name !== 'delivery' && measure.name !== 'availability') {
    return [0, most === 0 ? 1 : most * 1.15]
  }
  const least = Math.min(...values, 1)
  return [Math.max(least - (1 - least) * 0.4 - 0.0005, 0), 1]
}

type Props = { measure: Measure; card: Card }

/** The small one: nothing to read off it but how it went. The table has the figures. */
export function Spark({ measure, card }: Props) {
  const [width, height] = [132, 34]
  const points = pointsOf(measure, card.slot)
  const across = scaleLinear([beginOf(card), card.until + card.slot / 2], [2, width - 2])
  const up = scaleLinear(bounds(measure, points), [height - 3, 3])
  return (
    <svg className="score-spark" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {measure.target !== null && (
        <line className="score-target" x1={0} x2={width} {...level(up(measure.target))} />
      )}
      <Trail points={points} across={across} up={up} gap={card.slot * 1.5} />
    </svg>
  )
}

export function Trend({ measure, card }: Props) {
  const { ref, width } = useElementSize()
  const height = 220
  const points = pointsOf(measure, card.slot)
  const [from, to] = [beginOf(card), card.until + card.slot / 2]
  const across = scaleLinear([from, to], [PAD.left, Math.max(width, 320) - PAD.right])
  const up = scaleLinear(bounds(measure, points), [height - PAD.bottom, PAD.top])
  const written = to - from > 2 * DAY_US ? day : hourAndMinute
  return (
    <div ref={ref} className="score-trend">
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`${SCORECARD.trend}: ${SCORECARD.figures[measure.name].name}`}
        >
          {up.ticks(TICKS).map((tick) => (
            <g key={tick} className="score-axis">
              <line x1={PAD.left} x2={width - PAD.right} {...level(up(tick))} />
              <text x={PAD.left - 8} y={up(tick)} dy="0.32em" textAnchor="end">
                {tick === 0 ? '0' : shown(measure.name, tick, card.currency)}
              </text>
            </g>
          ))}
          {timeTicks(from, to, TIMES_MAX).map((tick) => (
            <text
              key={tick}
              className="score-axis"
              x={across(tick)}
              y={height - 6}
              textAnchor={across(tick) > width - PAD.right - EDGE ? 'end' : 'middle'}
            >
              {written(tick)}
            </text>
          ))}
          {measure.target !== null && (
            <>
              <line
                className="score-target"
                x1={PAD.left}
                x2={width - PAD.right}
                {...level(up(measure.target))}
              />
              <text
                className="score-target-name"
                x={width - PAD.right}
                y={up(measure.target) - 5}
                textAnchor="end"
              >
                {SCORECARD.targetLine} {shown(measure.name, measure.target, card.currency)}
              </text>
            </>
          )}
          <Trail points={points} across={across} up={up} gap={card.slot * 1.5} isLarge />
        </svg>
      )}
    </div>
  )
}

type Scale = (value: number) => number
type TrailProps = {
  points: readonly Point[]
  across: Scale
  up: Scale
  gap: number
  isLarge?: boolean
}

/** Points in a row are joined; where nothing was counted in between, they are not. */
function Trail({ points, across, up, gap, isLarge = false }: TrailProps) {
  const draw = line<Point>()
    .x((each) => across(each.at))
    .y((each) => up(each.value))
  const runs: Point[][] = []
  for (const point of points) {
    const last = runs.at(-1)
    const before = last?.at(-1)
    if (last === undefined || before === undefined || point.at - before.at > gap) runs.push([point])
    else last.push(point)
  }
  return (
    <>
      {runs.map((run) => (
        <path key={run[0]?.at} className="score-line" d={draw(run) ?? ''} />
      ))}
      {points.length < 32 &&
        points.map((each) => (
          <circle
            key={each.at}
            className="score-dot"
            cx={across(each.at)}
            cy={up(each.value)}
            r={isLarge ? 2.5 : 1.6}
          />
        ))}
    </>
  )
}

function level(at: number) {
  return { y1: at, y2: at }
}
