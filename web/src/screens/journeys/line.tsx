// A line from one step to the next, along the points that the layout gave it.
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react'
import { memo } from 'react'
import { count } from '@/words/format'
import { JOURNEY } from '@/words/journey'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from './context'
import { useEditing } from './edit/editing'
import { Plus } from './edit/plus'
import { useIsNear } from './edit/tails'
import { isGhost } from './ghosts'
import { START } from './graph'
import { middleOf, pathOf, type Point } from './layout'
import { placeOnLine } from './places'
import { useTaken } from './traffic'

export type StepLine = Edge<{ points: Point[]; way: number | null }, 'line'>

const THIN = 1.5
const PLAIN = { strokeWidth: THIN }
const GONE = { strokeWidth: THIN, strokeDasharray: '4 4' }
const WIDEST = 9
const PLUS_BELOW = 14

export const LineMark = memo(function LineMark(props: EdgeProps<StepLine>) {
  const { id, source, target, data } = props
  const isGone = isGhost(source) || isGhost(target)
  const { lens } = useBoard()
  const isEditing = useEditing() !== null
  const points = data?.points ?? []
  if (lens === 'traffic') return <Counted id={id} from={source} to={target} points={points} />
  return (
    <>
      <BaseEdge id={id} path={pathOf(points)} style={isGone ? GONE : PLAIN} />
      {isEditing && !isGone && (
        <Between from={source} to={target} way={data?.way ?? null} points={points} />
      )}
    </>
  )
})

type BetweenProps = { from: string; to: string; way: number | null; points: Point[] }

function Between({ from, to, way, points }: BetweenProps) {
  const { graph, steps, title } = useBoard()
  const isNear = useIsNear()
  const [x, y] = points[0] ?? [0, 0]
  if (!isNear) return null
  const before = from === START ? title : steps.nameOf(from)
  return (
    <EdgeLabelRenderer>
      <Plus
        place={placeOnLine(graph, from, way)}
        label={JOURNEY_EDIT.addBetween(before, steps.nameOf(to))}
        style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y + PLUS_BELOW}px)` }}
      />
    </EdgeLabelRenderer>
  )
}

type Props = { id: string; from: string; to: string; points: Point[] }

function Counted({ id, from, to, points }: Props) {
  const { steps } = useBoard()
  const isFirst = from === START
  const taken = useTaken(isFirst ? '' : steps.idOf(from), isFirst ? '' : steps.idOf(to))
  const share = taken === undefined ? 0 : taken.count / taken.most
  const [x, y] = middleOf(points)
  return (
    <>
      <BaseEdge
        id={id}
        path={pathOf(points)}
        style={{ strokeWidth: THIN + (WIDEST - THIN) * Math.sqrt(share) }}
      />
      {taken !== undefined && (
        <EdgeLabelRenderer>
          <span
            className="line-count nodrag nopan"
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
            title={JOURNEY.took(count(taken.count))}
          >
            {count(taken.count)}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  )
}
