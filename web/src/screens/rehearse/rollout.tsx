// Before a draft is proposed: how many of those who enter get it first. The share stands in its text.
import { SegmentedControl, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { save } from '@/api/drafts'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Trouble } from '@/kit/trouble'
import { percent, ROLLOUT } from '@/words/rollout'
import '../journeys/rollout.css'
import type { Draft } from './about'

const WHOLE = 'everybody'
const PARTS = ['50', '25', '10', '5', '1']

export function RolloutShare({ draft }: { draft: Draft }) {
  const { journey } = draft.draft
  const drawing = useQuery({
    queryKey: ['drafts', 'rollout', journey, draft.etag],
    queryFn: () => take(api.POST('/api/drawing/read', { body: { journey, files: draft.files } })),
    placeholderData: (before) => before,
    enabled: journey !== '',
  })
  if (journey === '') return null
  return (
    <Card title={ROLLOUT.title}>
      {drawing.data === undefined ? (
        drawing.isError ? (
          <Trouble error={drawing.error} retry={() => void drawing.refetch()} />
        ) : (
          <Skeleton h={64} />
        )
      ) : (
        <Share draft={draft} rollout={drawing.data.drawing.head.rollout ?? null} />
      )}
    </Card>
  )
}

type Written = { sentence: string; fields?: unknown }

function Share({ draft, rollout }: { draft: Draft; rollout: Written | null }) {
  const may = useMay('propose')
  const queries = useQueryClient()
  const now = partOf(rollout)
  const saving = useMutation({
    mutationFn: (part: string) => written(draft, part, rollout !== null),
    onSuccess: (kept) => queries.setQueryData(['drafts', draft.draft.name], kept),
    onSettled: () => queries.invalidateQueries({ queryKey: ['drafts'] }),
  })
  const parts = now === WHOLE || PARTS.includes(now) ? PARTS : [now, ...PARTS]
  return (
    <div className="rollout-share">
      <SegmentedControl
        size="xs"
        role="radiogroup"
        aria-label={ROLLOUT.who}
        disabled={!may || saving.isPending}
        value={saving.isPending ? saving.variables : now}
        onChange={(part) => saving.mutate(part)}
        data={[
          { value: WHOLE, label: ROLLOUT.everybody },
          ...parts.map((part) => ({ value: part, label: ROLLOUT.part(Number(part) / 100) })),
        ]}
      />
      <p className="pretty">{rollout === null ? ROLLOUT.draftEverybody : `${rollout.sentence}.`}</p>
      <p className="quiet small pretty">
        {rollout === null ? ROLLOUT.draftOutdated : ROLLOUT.draftSame}
      </p>
      {saving.isError && <Trouble error={saving.error} />}
    </div>
  )
}

/** The share as it stands in the text: `10%` or 0.1. */
function partOf(rollout: Written | null): string {
  const { fields } = rollout ?? {}
  if (typeof fields === 'number') return percent(fields)
  if (typeof fields === 'string') return fields.replace('%', '').trim()
  return WHOLE
}

async function written(draft: Draft, part: string, isWritten: boolean): Promise<Draft> {
  const { name, journey, title, base } = draft.draft
  if (part === WHOLE && !isWritten) return draft
  const edits =
    part === WHOLE
      ? [{ edit: 'remove_field' as const, path: 'rollout' }]
      : [{ edit: 'set_field' as const, path: 'rollout', value: `${part}%` }]
  const made = await take(
    api.POST('/api/drawing/edit', { body: { journey, files: draft.files, edits } }),
  )
  return await save({ name, journey, title, base, files: made.files }, draft.etag)
}
