// Places for a step that no line leads to: where a way ends, and where ways come together again.
import { useStore } from '@xyflow/react'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from '../context'
import { capital, type Shown } from '../graph'
import { behind, isOpen, placeOf } from '../places'
import { useEditing } from './editing'
import { Plus } from './plus'

/** Nearer than this, a `+` can be hit. */
export const NEAR = 0.5

export function useIsNear(): boolean {
  return useStore((store) => store.transform[2] >= NEAR)
}

export function Tails({ shown }: { shown: Shown | null }) {
  const { graph, lens, title, steps, drawing } = useBoard()
  const isNear = useIsNear()
  if (useEditing() === null || !isNear || lens === 'traffic') return null
  if (shown === null) {
    if (drawing.steps.length > 0) return null
    const first = { into: 'steps', index: 0 }
    return <Plus className="plus-tail" place={first} label={JOURNEY_EDIT.addAfter(title)} />
  }
  const { step, ways } = shown
  const name = steps.nameOf(step.path)
  const here = placeOf(step.path)
  const before = graph.steps.get(`${here.into}/${here.index - 1}`)
  return (
    <>
      {before !== undefined && before.ways.length > 0 && (
        <Plus className="plus-join" place={here} label={JOURNEY_EDIT.addBefore(name)} />
      )}
      {ways.map(
        ({ way, end }, index) =>
          end !== null && (
            <Plus
              key={way.path}
              className="plus-tail"
              style={{ left: `${((index + 0.5) / ways.length) * 100}%` }}
              place={{ into: way.block, index: 0 }}
              label={JOURNEY_EDIT.addOn(capital(way.label), name)}
            />
          ),
      )}
      {ways.length === 0 && shown.end !== null && isOpen(step) && (
        <Plus className="plus-tail" place={behind(step.path)} label={JOURNEY_EDIT.addAfter(name)} />
      )}
    </>
  )
}
