// Which kind of step, and where: asked by keyboard as by mouse.
import { Modal } from '@mantine/core'
import { type KeyboardEvent, useId, useState } from 'react'
import { Tile } from '@/kit/tile'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from '../context'
import { capital, type Kind } from '../graph'
import { iconOfKind } from '../icons'
import type { Offered, Place } from '../places'

type Props = {
  places: readonly Offered[]
  onPick: (kind: string, place: Place) => void
  onClose: () => void
}

export function Picker({ places, onPick, onClose }: Props) {
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      size={520}
      padding={0}
      yOffset="12vh"
      radius={12}
      aria-label={JOURNEY_EDIT.search}
      returnFocus={false}
      transitionProps={{ duration: 0 }}
    >
      <Choices places={places} onPick={onPick} />
    </Modal>
  )
}

function Choices({ places, onPick }: Omit<Props, 'onClose'>) {
  const { kinds } = useBoard()
  const list = useId()
  const [word, setWord] = useState('')
  const [at, setAt] = useState(0)
  const [where, setWhere] = useState(0)
  const found = kinds.filter((kind) => matches(kind, word))
  const chosen = Math.min(at, found.length - 1)
  const pick = (kind: Kind | undefined) => {
    const place = places[where]
    if (kind !== undefined && place !== undefined) onPick(kind.kind, place)
  }
  const press = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (by !== undefined) setAt((chosen + by + found.length) % Math.max(found.length, 1))
    else if (event.key === 'Enter') pick(found[chosen])
    else if (event.key === 'Tab' && places.length > 1 && !event.shiftKey)
      setWhere((where + 1) % places.length)
    else return
    event.preventDefault()
  }
  return (
    <>
      <input
        className="palette-input"
        data-autofocus
        placeholder={JOURNEY_EDIT.searchHint}
        aria-label={JOURNEY_EDIT.search}
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[chosen] && `${list}-${found[chosen].kind}`}
        value={word}
        onChange={(event) => {
          setWord(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={press}
      />
      {places.length > 1 && (
        <div className="picker-where" role="radiogroup" aria-label={JOURNEY_EDIT.where}>
          {places.map((place, index) => (
            <button
              key={`${place.into} ${place.index}`}
              type="button"
              role="radio"
              aria-checked={index === where}
              onClick={() => setWhere(index)}
            >
              {place.way === '' ? JOURNEY_EDIT.behindAll : JOURNEY_EDIT.onWay(capital(place.way))}
            </button>
          ))}
          <kbd>Tab</kbd>
        </div>
      )}
      <div className="palette-list" role="listbox" id={list} aria-label={JOURNEY_EDIT.palette}>
        {found.map((kind, index) => (
          <div
            key={kind.kind}
            id={`${list}-${kind.kind}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="palette-item picker-item"
            onMouseMove={() => setAt(index)}
            onClick={() => pick(kind)}
          >
            <Tile icon={iconOfKind(kind.kind)} kind={kind.family} />
            <span className="grow">
              <b>{kind.title}</b>
              <span className="quiet small">{kind.what}</span>
            </span>
            <span className="quiet small">{JOURNEY_EDIT.families[kind.family]}</span>
          </div>
        ))}
        {found.length === 0 && <div className="palette-item quiet">{JOURNEY_EDIT.noKind}</div>}
      </div>
    </>
  )
}

function matches({ kind, title, what, family }: Kind, word: string): boolean {
  const text = `${title} ${what} ${kind} ${JOURNEY_EDIT.families[family]}`.toLowerCase()
  return word
    .toLowerCase()
    .split(/\s+/)
    .every((part) => text.includes(part))
}
