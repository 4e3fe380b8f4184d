// A line from one step to the next, along the points that the layout gave it.
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react'
import { memo } from 'react'
import { count } from '@/words/format'
import { JOURNEY } from '@/words/journey'
import { useBoard } from './context'
import { START } from './graph'
import { middleOf, pathOf, type Point } from './layout'
import { useTaken } from './traffic'

export type StepLine = Edge<{ points: Point[] }, 'line'>

const THIN = 1.5
const WIDEST = 9

export const LineMark = memo(function LineMark(props: EdgeProps<StepLine>) {
  const { id, source, target, data } = props
  const { lens } = useBoard()
  const points = data?.points ?? []
  if (lens === 'traffic') return <Counted id={id} from={source} to={target} points={points} />
  return <BaseEdge id={id} path={pathOf(points)} style={{ strokeWidth: THIN }} />
})

type Props = { id: string; from: string; to: string; points: Point[] }

function Counted({ id, from, to, points }: Props) {
  const { journey, steps } = useBoard()
  const isFirst = from === START
  const taken = useTaken(journey, isFirst ? '' : steps.idOf(from), isFirst ? '' : steps.idOf(to))
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
