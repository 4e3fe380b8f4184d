// A step on the canvas: what it is, what it does, who waits there, and its ways on.
import {
  IconArrowBackUp,
  IconArrowGuide,
  IconExclamationCircle,
  IconFlag3,
} from '@tabler/icons-react'
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { memo } from 'react'
import { Tile } from '@/kit/tile'
import { count } from '@/words/format'
import { JOURNEY } from '@/words/journey'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from './context'
import { useEditing } from './edit/editing'
import { Repairs } from './edit/step-tools'
import { Tails, useIsNear } from './edit/tails'
import { capital, type End, kindOf, nameOf, type Problem, type Shown, START } from './graph'
import { iconOf, tileOf } from './icons'
import { enteredIn, takenBetween, useTraffic, useWaiting } from './traffic'

export type StepNode = Node<{ shown: Shown | null }, 'step'>

/** Past so many steps, those that are too small to be read are drawn as names alone. */
const MANY = 150

export const StepCard = memo(function StepCard({ id, data, height }: NodeProps<StepNode>) {
  const board = useBoard()
  const editing = useEditing()
  const isFar = !useIsNear() && board.graph.steps.size > MANY && height !== undefined
  const { shown } = data
  const name = shown === null ? board.title : nameOf(shown.step, board.kinds)
  const kind = shown === null ? JOURNEY.starts : kindOf(shown.step, board.kinds)
  const sentence = shown === null ? board.drawing.head.entry.sentence : shown.step.sentence
  const problems = shown === null ? board.drawing.head.problems : problemsOf(shown)
  const isChosen = board.chosen === id
  const mark = board.marks?.get(id)
  if (isFar) {
    return (
      <div className="step" data-far data-bad={problems.length > 0} style={{ height }}>
        <Handle type="target" position={Position.Top} isConnectable={false} />
        <span className="step-name">{name}</span>
        <Handle type="source" position={Position.Bottom} isConnectable={false} />
      </div>
    )
  }
  return (
    <div
      className={editing === null ? 'step' : 'step nopan'}
      data-chosen={isChosen}
      data-bad={problems.length > 0}
      data-cut={editing?.cut === id}
      draggable={editing !== null && shown !== null}
      onDragStart={(event) => {
        event.dataTransfer.setData('text/plain', name)
        event.dataTransfer.effectAllowed = 'move'
        editing?.carry({ path: id })
      }}
      onDragEnd={() => editing?.carry(null)}
    >
      {shown !== null && <Handle type="target" position={Position.Top} isConnectable={false} />}
      <div className="step-head">
        <Tile icon={iconOf(shown?.step ?? null)} kind={tileOf(shown?.step ?? null)} />
        <div className="grow">
          {name !== kind && <span className="step-kind">{kind}</span>}
          <button
            type="button"
            className="step-name"
            data-step={id}
            aria-pressed={isChosen}
            tabIndex={isChosen || (board.chosen === '' && id === START) ? 0 : -1}
            onClick={() => board.choose(id)}
          >
            {name}
          </button>
        </div>
      </div>
      {sentence !== '' && <p className="step-what">{capital(sentence)}</p>}
      {shown === null ? <StartFoot /> : <Foot shown={shown} />}
      {problems.map((problem) => (
        <p className="step-problem" key={`${problem.code} ${problem.place.line} ${problem.path}`}>
          <IconExclamationCircle size={14} aria-hidden="true" />
          <span>
            {problem.what} <Repairs problem={problem} />
          </span>
        </p>
      ))}
      {mark !== undefined && (
        <span className="ribbon" data-what={mark.what}>
          {JOURNEY_EDIT.whats[mark.what]}
        </span>
      )}
      {mark !== undefined && mark.before !== '' && board.lens === 'changes' && (
        <p className="step-foot">
          {JOURNEY_EDIT.was} <del>{capital(mark.before)}</del>
        </p>
      )}
      <Tails shown={shown} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  )
})

function StartFoot() {
  const { journey, drawing, lens, isRunning } = useBoard()
  const traffic = useTraffic(journey, isRunning).data
  return (
    <>
      {traffic !== undefined && (
        <p className="step-foot">
          <span>
            <b>{count(traffic.crowd.inside)}</b> {JOURNEY.inside}
          </span>
          {lens === 'traffic' && (
            <span>
              <b>{count(enteredIn(traffic))}</b> {JOURNEY.entered}
            </span>
          )}
        </p>
      )}
      {drawing.head.exits.length > 0 && (
        <ul className="step-exits">
          {drawing.head.exits.map((exit) => (
            <li key={exit.path} data-goal={exit.is_goal}>
              <IconFlag3 size={12} stroke={2} aria-hidden="true" />
              {exit.sentence}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function Foot({ shown }: { shown: Shown }) {
  const { choose } = useBoard()
  const waiting = useWaiting(shown.step.step_id)
  return (
    <>
      {waiting !== undefined && waiting > 0 && (
        <p className="step-foot">
          <button type="button" className="step-count" onClick={() => choose(shown.step.path)}>
            <b>{count(waiting)}</b> {JOURNEY.waiting}
          </button>
        </p>
      )}
      {shown.ways.length > 0 && <Ways shown={shown} />}
      {shown.end !== null && (
        <div className="step-foot">
          <EndChip end={shown.end} />
        </div>
      )}
    </>
  )
}

function Ways({ shown }: { shown: Shown }) {
  const { journey, lens, steps, isRunning } = useBoard()
  const traffic = useTraffic(journey, isRunning).data
  const isCounted = lens === 'traffic' && traffic !== undefined
  const all = shown.ways.map(({ way }) => steps.idOf(way.next))
  return (
    <ul className="step-ways">
      {shown.ways.map(({ way, end }, index) => {
        const to = all[index] ?? ''
        // Where two ways lead to one step, which of them was taken is not in the count.
        const isAlone = to !== '' && all.filter((each) => each === to).length === 1
        return (
          <li key={way.path}>
            {capital(way.label)}
            {isCounted && isAlone && (
              <b>{count(takenBetween(traffic.moves.taken, shown.step.step_id, to))}</b>
            )}
            {end !== null && <EndChip end={end} />}
          </li>
        )
      })}
    </ul>
  )
}

function EndChip({ end }: { end: End }) {
  const { choose, steps } = useBoard()
  if (end.kind !== 'jump') {
    return (
      <span className="step-end" data-kind={end.kind}>
        <IconFlag3 size={11} stroke={2} aria-hidden="true" />
        {end.text}
      </span>
    )
  }
  const Mark = end.text === JOURNEY.ends.back ? IconArrowBackUp : IconArrowGuide
  return (
    <button type="button" className="step-end" onClick={() => choose(end.path)}>
      <Mark size={11} stroke={2} aria-hidden="true" />
      {end.text} “{steps.nameOf(end.path)}”
    </button>
  )
}

/** Problems of a step, and of ways that are words in it. */
function problemsOf({ step, ways }: Shown): Problem[] {
  return [
    ...step.problems,
    ...ways.flatMap(({ way, end }) => [
      ...way.problems,
      ...(end !== null ? way.steps.flatMap((each) => each.problems) : []),
    ]),
  ]
}
