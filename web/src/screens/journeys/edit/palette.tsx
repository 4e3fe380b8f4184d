// The kinds of steps, by family: dragged onto a line, or pressed to go behind the chosen step.
import { IconSearch } from '@tabler/icons-react'
import { Tile } from '@/kit/tile'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from '../context'
import type { Kind } from '../graph'
import { iconOfKind } from '../icons'
import { placesAfter } from '../places'
import { useEditing } from './editing'

export function Palette() {
  const { kinds, drawing, graph, chosen } = useBoard()
  const editing = useEditing()
  if (editing === null) return null
  const onAdd = (kind: string) => {
    const places = placesAfter(drawing, graph, chosen)
    const [place] = places
    if (kind === '' || place === undefined) editing.ask(places)
    else editing.drop({ kind }, place)
  }
  return (
    <div className="palette-steps" role="toolbar" aria-label={JOURNEY_EDIT.palette}>
      <button
        type="button"
        className="palette-step"
        aria-label={JOURNEY_EDIT.search}
        title={`${JOURNEY_EDIT.search}  .`}
        onClick={() => onAdd('')}
      >
        <IconSearch size={16} stroke={1.8} aria-hidden="true" />
      </button>
      {families(kinds).map((family) => (
        <div className="palette-family" key={family[0]?.family}>
          {family.map((kind) => (
            <button
              key={kind.kind}
              type="button"
              className="palette-step"
              draggable
              aria-label={JOURNEY_EDIT.addKind(kind.title)}
              title={`${kind.title}. ${kind.what}`}
              onClick={() => onAdd(kind.kind)}
              onDragStart={(event) => {
                event.dataTransfer.setData('text/plain', kind.kind)
                event.dataTransfer.effectAllowed = 'copy'
                editing.carry({ kind: kind.kind })
              }}
              onDragEnd={() => editing.carry(null)}
            >
              <Tile icon={iconOfKind(kind.kind)} kind={kind.family} />
            </button>
          ))}
        </div>
      ))}
    </div>
  )
}

/** Kinds in their order, a list for each family. */
export function families(kinds: readonly Kind[]): Kind[][] {
  const found = new Map<string, Kind[]>()
  for (const kind of kinds) found.set(kind.family, [...(found.get(kind.family) ?? []), kind])
  return [...found.values()]
}
