// Two made something of one text: what both changed is shown step by step, and somebody chooses.
import { Button, Modal, Skeleton } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Trouble } from '@/kit/trouble'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { capital } from '../graph'
import type { Overlay } from './desk'

type Schemas = components['schemas']
export type Merge = Schemas['ShownMerge']
type Place = Merge['places'][number]
type Side = Schemas['MergeSide']
type Choice = Place['chosen']

type Props = {
  journey: string
  base: Overlay
  mine: Overlay
  theirs: Overlay
  /** Who made the other side, and when. */
  title: string
  onDone: (merge: Merge) => void
  onClose?: () => void
}

export function Merging({ title, onClose, ...sides }: Props) {
  return (
    <Modal
      opened
      onClose={() => onClose?.()}
      withCloseButton={onClose !== undefined}
      closeOnEscape={onClose !== undefined}
      closeOnClickOutside={false}
      title={title}
      size={860}
      closeButtonProps={{ 'aria-label': JOURNEY_EDIT.dismiss }}
    >
      <Places {...sides} />
    </Modal>
  )
}

function Places({ journey, base, mine, theirs, onDone }: Omit<Props, 'title' | 'onClose'>) {
  const [choices, setChoices] = useState<Record<string, Choice>>({})
  const merge = useQuery({
    queryKey: ['merge', journey, base, mine, theirs, choices],
    queryFn: () =>
      take(api.POST('/api/drawing/merge', { body: { journey, base, mine, theirs, choices } })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 0,
  })
  const { data } = merge
  const isPlain = data !== undefined && data.places.length === 0
  useEffect(() => {
    if (isPlain) onDone(data)
  }, [isPlain, data, onDone])
  if (data === undefined) {
    return merge.isError ? (
      <Trouble error={merge.error} retry={merge.refetch} />
    ) : (
      <Skeleton h={200} />
    )
  }
  const left = data.places.filter((_, index) => choices[index] === undefined).length
  return (
    <div className="merge">
      <p className="quiet small pretty">{JOURNEY_EDIT.mergeWhat(data.places.length, data.taken)}</p>
      <ol className="merge-places">
        {data.places.map((place, index) => (
          <li key={index}>
            <OnePlace
              place={place}
              chosen={choices[index]}
              onChoose={(choice) => setChoices({ ...choices, [index]: choice })}
            />
          </li>
        ))}
      </ol>
      <Button size="xs" disabled={left > 0 || merge.isFetching} onClick={() => onDone(data)}>
        {left > 0 ? JOURNEY_EDIT.mergeLeft(left) : JOURNEY_EDIT.mergeUse}
      </Button>
    </div>
  )
}

type PlaceProps = {
  place: Place
  chosen: Choice | undefined
  onChoose: (choice: Choice) => void
}

function OnePlace({ place, chosen, onChoose }: PlaceProps) {
  const sides: [Choice, Side][] = [
    ['mine', place.mine],
    ['theirs', place.theirs],
    ['base', place.base],
  ]
  return (
    <fieldset className="merge-place">
      <legend>{JOURNEY_EDIT.mergePlace(place.file, place.mine.line)}</legend>
      <div className="merge-sides">
        {sides.map(([choice, side]) => (
          <label key={choice} className="merge-side" data-chosen={chosen === choice}>
            <span className="merge-name">
              <input type="radio" checked={chosen === choice} onChange={() => onChoose(choice)} />{' '}
              {JOURNEY_EDIT.sides[choice]}
            </span>
            {side.sentences.map((sentence) => (
              <span key={sentence}>{capital(sentence)}.</span>
            ))}
            {side.text === '' ? (
              <span className="quiet">{JOURNEY_EDIT.mergeNothing}</span>
            ) : (
              <code>{side.text.trimEnd()}</code>
            )}
          </label>
        ))}
      </div>
      {/* Lines in place of others cannot both stand there: two settings of one name. */}
      {place.base.text === '' && (
        <label className="merge-both">
          <input type="radio" checked={chosen === 'both'} onChange={() => onChoose('both')} />{' '}
          {JOURNEY_EDIT.sides.both}
        </label>
      )}
    </fieldset>
  )
}
