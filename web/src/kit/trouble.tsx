// A screen, or a part of one, that could not be had: what happened, what to do, and once more.
import { Button } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { Refused } from '@/api/client'
import { hourAndMinute } from '@/words/format'
import { Note } from './note'
import { SHELL } from '@/words/shell'

type Props = { error: unknown; retry?: () => void; title?: string }

export function Trouble({ error, retry, title }: Props) {
  const refused = error instanceof Refused ? error : null
  return (
    <div className="empty" role="alert">
      <h2>{title ?? refused?.message ?? SHELL.broken}</h2>
      <p>{refused?.fix ?? SHELL.brokenWhy}</p>
      {refused !== null && <p className="mono small">{refused.code}</p>}
      {retry !== undefined && (
        <Button size="xs" variant="default" mt={8} onClick={retry}>
          {SHELL.retry}
        </Button>
      )}
    </div>
  )
}

/** Something that was asked for and refused: in place, with what to do. */
export function Refusal({ error }: { error: unknown }) {
  const refused = error instanceof Refused ? error : null
  return (
    <Note tone="bad" title={refused?.message ?? SHELL.broken}>
      {refused?.fix ?? SHELL.brokenWhy}
    </Note>
  )
}

/** A strip that says since when nothing new has come. Nothing, while all is well. */
export function Stale({ query }: { query: Pick<UseQueryResult, keyof UseQueryResult> }) {
  if (!query.isError || query.data === undefined) return null
  return (
    <div className="stale" role="status">
      <span className="grow">{SHELL.asOf(hourAndMinute(query.dataUpdatedAt * 1_000))}</span>
      <button type="button" className="link" onClick={() => query.refetch()}>
        {SHELL.retry}
      </button>
    </div>
  )
}
