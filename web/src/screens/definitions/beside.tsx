// Drafts of the same files: named, never written over; what came may be brought into one of them.
import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNames } from '@/api/actors'
import { find, type KeptDraft, save } from '@/api/drafts'
import { useMay } from '@/app/session'
import { Go, useGo } from '@/kit/go'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { type Merge, Merging } from '@/screens/journeys/edit/merging'
import { DEFINITIONS } from '@/words/definitions'
import { hourAndMinute } from '@/words/format'
import type { Arrival } from './arrived'
import { putAway } from './given'

type Draft = Arrival['drafts'][number]

export function Beside({ arrival }: { arrival: Arrival }) {
  return arrival.drafts.map((draft) => <One key={draft.name} draft={draft} arrival={arrival} />)
}

function One({ draft, arrival }: { draft: Draft; arrival: Arrival }) {
  const nameOf = useNames()
  const may = useMay('propose')
  const go = useGo()
  const queries = useQueryClient()
  const [kept, setKept] = useState<KeptDraft | null>(null)
  const [error, setError] = useState<unknown>(null)
  const words = draft.title || draft.name

  async function begin() {
    setError(null)
    try {
      setKept(await find(draft.name))
    } catch (refused) {
      setError(refused)
    }
  }

  async function settle(merge: Merge) {
    if (kept === null) return
    const { name, journey, title } = kept.draft
    setKept(null)
    try {
      await save({ name, journey, title, base: merge.base, files: merge.files }, kept.etag)
      await queries.invalidateQueries({ queryKey: ['drafts'] })
      putAway()
      go(`/journeys/${journey}`, { draft: name, lens: 'changes' })
    } catch (refused) {
      setError(refused)
    }
  }

  return (
    <>
      <Note
        tone="warn"
        title={DEFINITIONS.beside(words, draft.files.join(', '))}
        action={
          draft.journey !== '' && (
            <span className="row">
              <Go className="link" to={`/journeys/${draft.journey}`} search={{ draft: draft.name }}>
                {DEFINITIONS.besideOpen}
              </Go>
              {may && (
                <Button size="compact-xs" variant="default" onClick={() => void begin()}>
                  {DEFINITIONS.besideBring}
                </Button>
              )}
            </span>
          )
        }
      >
        {DEFINITIONS.besideWhy(nameOf(draft.saved_by), hourAndMinute(draft.saved_at))}
      </Note>
      <No error={error} />
      {kept !== null && (
        <Merging
          journey={draft.journey}
          base={kept.was}
          mine={kept.files}
          theirs={arrival.texts}
          title={DEFINITIONS.besideTitle(words)}
          onDone={(merge) => void settle(merge)}
          onClose={() => setKept(null)}
        />
      )}
    </>
  )
}
