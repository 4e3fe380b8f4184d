// A place for a step: a `+` to press, and where a step can be dropped.
import { IconPlus } from '@tabler/icons-react'
import { type CSSProperties, type DragEvent, useState } from 'react'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import type { Place } from '../places'
import { useEditing } from './editing'
import { mayMove } from './moves'

type Props = { place: Place; label: string; style?: CSSProperties; className?: string }

export function Plus({ place, label, style, className = '' }: Props) {
  const editing = useEditing()
  const [isOver, setOver] = useState(false)
  if (editing === null) return null
  const { carried, ask, drop } = editing
  const mayDrop = carried !== null && (!('path' in carried) || mayMove(carried.path, place))
  const over = (event: DragEvent) => {
    if (!mayDrop) return
    event.preventDefault()
    setOver(true)
  }
  return (
    <button
      type="button"
      className={`plus nodrag nopan ${className}`}
      style={style}
      // By keyboard one is on a step, and adds with a key: these are not in its way.
      tabIndex={-1}
      aria-label={label}
      title={JOURNEY_EDIT.add}
      data-drop={mayDrop}
      data-over={isOver && mayDrop}
      data-place={`${place.into}/${place.index}`}
      onClick={(event) => {
        event.stopPropagation()
        ask([{ ...place, way: '' }])
      }}
      onDragEnter={over}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        if (carried !== null) drop(carried, place)
      }}
    >
      <IconPlus size={13} stroke={2.4} aria-hidden="true" />
    </button>
  )
}
