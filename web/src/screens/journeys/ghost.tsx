// A step that is gone, on the canvas and in the inspector: what it was, and where it stood.
import { CloseButton } from '@mantine/core'
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { memo } from 'react'
import { JOURNEY } from '@/words/journey'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from './context'
import type { Difference } from './edit/changes'
import { capital } from './graph'

export type GhostNode = Node<{ gone: Difference }, 'ghost'>

export const GhostCard = memo(function GhostCard({ id, data }: NodeProps<GhostNode>) {
  const { chosen, choose } = useBoard()
  const { gone } = data
  const isChosen = chosen === id
  return (
    <div
      className="step"
      role="group"
      aria-label={JOURNEY_EDIT.gone(gone.name, gone.stood)}
      data-gone
      data-step={id}
      data-chosen={isChosen}
      tabIndex={isChosen ? 0 : -1}
      onClick={() => choose(id)}
    >
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Gone gone={gone} />
      <span className="ribbon" data-what="removed" aria-hidden="true">
        {JOURNEY_EDIT.whats.removed}
      </span>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  )
})

/** Its name and its sentence, struck. */
export function Gone({ gone }: { gone: Difference }) {
  return (
    <>
      <del className="step-name">{gone.name}</del>
      {gone.before !== '' && (
        <p className="step-what">
          <del>{capital(gone.before)}</del>
        </p>
      )}
      {gone.inner > 0 && <p className="step-what">{JOURNEY_EDIT.goneWith(gone.inner)}</p>}
    </>
  )
}

export function AboutGone({ gone, onClose }: { gone: Difference; onClose: () => void }) {
  return (
    <>
      <header className="inspector-head">
        <div className="grow">
          <p className="quiet small">{JOURNEY_EDIT.whats.removed}</p>
          <h2>{gone.name}</h2>
        </div>
        <CloseButton aria-label={JOURNEY.close} onClick={onClose} />
      </header>
      <div className="inspector-body">
        <p className="inspector-read">
          <del>{capital(gone.before)}</del>
        </p>
        <p>{JOURNEY_EDIT.stood(gone.stood)}</p>
        {gone.inner > 0 && <p>{JOURNEY_EDIT.goneWith(gone.inner)}</p>}
        <p className="quiet small pretty">{JOURNEY_EDIT.goneWhy}</p>
      </div>
    </>
  )
}
