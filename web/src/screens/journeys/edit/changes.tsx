// What the draft has otherwise than what runs: in words, and marked at its steps.
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from '../context'
import { ghostOf } from '../ghosts'
import { capital, START } from '../graph'
import { type Editing, useDeskState } from './editing'

export type Difference = components['schemas']['DrawnDifference']
export type Compared = components['schemas']['ComparedDrawing']

const AFTER_MS = 700

export function useDifferences(editing: Editing): Compared | undefined {
  const { now } = useDeskState(editing.desk)
  const [files] = useDebouncedValue(now.files, AFTER_MS)
  const journey = now.drawing.journey
  const compared = useQuery({
    queryKey: ['journeys', 'compare', journey, now.base, files],
    queryFn: () => take(api.POST('/api/drawing/compare', { body: { journey, files } })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  })
  return compared.data
}

/** Differences by the step of the drawing that shows them; what is gone has none. */
export function marksOf(compared: Compared | undefined): ReadonlyMap<string, Difference> {
  const found = (compared?.differences ?? []).filter((each) => each.is_head || each.path !== '')
  return new Map(found.map((each) => [each.is_head ? START : each.path, each]))
}

export function Changes({ compared }: { compared: Compared | undefined }) {
  const { choose, chosen } = useBoard()
  if (compared === undefined) return null
  return (
    <section className="changes" aria-label={JOURNEY_EDIT.changes}>
      <h2>{JOURNEY_EDIT.changes}</h2>
      {compared.is_new && <p className="quiet small pretty">{JOURNEY_EDIT.isNew}</p>}
      {!compared.is_new && compared.differences.length === 0 && (
        <p className="quiet small pretty">{JOURNEY_EDIT.noChanges}</p>
      )}
      <ol>
        {compared.differences.map((each) => {
          const at = each.is_head ? START : each.what === 'removed' ? ghostOf(each) : each.path
          return (
            <li key={`${each.what} ${each.was} ${each.path}`}>
              <button type="button" aria-pressed={at === chosen} onClick={() => choose(at)}>
                <span className="ribbon" data-what={each.what}>
                  {JOURNEY_EDIT.whats[each.what]}
                </span>
                <Told difference={each} />
              </button>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

/** Before and after, in words. */
export function Told({ difference }: { difference: Difference }) {
  const { before, after, fields, is_head, name, stood, inner, what } = difference
  const isSame = before === after
  return (
    <span className="changes-told">
      <b>{is_head ? JOURNEY_EDIT.theHead : name}</b>
      {what === 'moved' || isSame ? (
        <span>
          {capital(after)}
          {isSame && fields.length > 0 && ` (${fields.join(', ')})`}
        </span>
      ) : (
        <>
          {before !== '' && <del>{capital(before)}</del>}
          {after !== '' && <ins>{capital(after)}</ins>}
        </>
      )}
      {inner > 0 && <span className="quiet small">{JOURNEY_EDIT.goneWith(inner)}</span>}
      {stood !== '' && <span className="quiet small">{JOURNEY_EDIT.stood(stood)}</span>}
    </span>
  )
}
