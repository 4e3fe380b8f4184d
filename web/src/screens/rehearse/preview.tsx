// What a draft would change and ask for if it were proposed now: in words, before anybody is asked.
import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useNames } from '@/api/actors'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Refusal, Trouble } from '@/kit/trouble'
import { APPROVALS } from '@/words/approvals'
import { count, title } from '@/words/format'
import { PREVIEW } from '@/words/preview'
import type { Draft } from './about'
import { Mistakes } from './run'
import { sentence } from './scenarios'

type Preview = components['schemas']['DraftPreview']
type HeldOut = Preview['held_out'][number]

const GRAVE = { safe: 'ok', migrating: 'warn', breaking: 'bad' } as const
const PERCENT_MOST = 50

export function usePreview(draft: Draft) {
  const params = { path: { name: draft.draft.name } }
  return useQuery({
    queryKey: ['drafts', draft.draft.name, 'preview', draft.etag, draft.moved],
    queryFn: () => take(api.GET('/api/drafts/{name}/preview', { params })),
    staleTime: 30_000,
  })
}

type Asked = ReturnType<typeof usePreview>

/** What it does to definitions, and to whoever is inside of them. */
export function Changes({ preview }: { preview: Asked }) {
  const { data } = preview
  return (
    <Card title={PREVIEW.changes} isBare>
      {data === undefined ? (
        <Waiting preview={preview} />
      ) : data.problems.length > 0 ? (
        <div className="card-body">
          <Mistakes problems={data.problems} />
        </div>
      ) : data.draft === null || data.draft === undefined ? (
        <p className="card-body quiet">{PREVIEW.same}</p>
      ) : (
        <>
          <Table
            label={PREVIEW.changes}
            rows={data.draft.impact.changes ?? []}
            keyOf={(row) => `${row.family} ${row.name} ${row.what}`}
            columns={[
              {
                name: PREVIEW.definition,
                width: '30%',
                cell: (row) => (
                  <>
                    <span className="quiet">{title(row.family)}</span>{' '}
                    <span className="strong">{title(row.name)}</span>
                  </>
                ),
              },
              {
                name: PREVIEW.how,
                cell: (row) => `${APPROVALS.actions[row.action]}: ${row.what}`,
              },
              {
                name: PREVIEW.kind,
                cell: (row) => <Chip tone={GRAVE[row.kind]}>{APPROVALS.kinds[row.kind]}</Chip>,
              },
            ]}
          />
          <p className="card-body small ink2">
            {PREVIEW.reach(count(data.draft.impact.reach ?? 0))} <Inside changes={data.draft} />
          </p>
        </>
      )}
    </Card>
  )
}

/** How many stand in the journeys that change, and what becomes of them. */
function Inside({ changes }: { changes: NonNullable<Preview['draft']> }) {
  const journeys = useQuery({
    queryKey: ['journeys', 'board', 'inside'],
    queryFn: () => take(api.GET('/api/journeys/board', { params: { query: { limit: 500 } } })),
  })
  const changed = (changes.impact.changes ?? [])
    .filter((each) => each.family === 'journey')
    .map((each) => each.name)
  const inside = (journeys.data?.rows ?? [])
    .filter((each) => changed.includes(each.name))
    .reduce((sum, each) => sum + each.inside, 0)
  if (changed.length === 0 || journeys.data === undefined) return null
  return inside === 0 ? PREVIEW.nobodyInside : PREVIEW.inside(count(inside))
}

/** Who has to approve, by name. */
export function Approvers({ preview }: { preview: Asked }) {
  const nameOf = useNames()
  const { data } = preview
  if (data?.draft == null) return null
  const { reasons, due_at: due } = data.draft
  return (
    <Card title={PREVIEW.approvers}>
      {reasons.length === 0 ? (
        <p className="small ink2">{PREVIEW.nobodyAsked}</p>
      ) : (
        <div className="rehearse-facts">
          <p className="small ink2">
            {sentence(reasons.join('; '))}. {PREVIEW.due} <Time at={due} as="ago" />.
          </p>
          <ul>
            {data.asked.map((each) => (
              <li key={each.team}>
                <span className="strong">{each.team ? title(each.team) : PREVIEW.anyApprover}</span>
                {': '}
                {each.people.length === 0
                  ? PREVIEW.nobodyCould
                  : each.people.map(nameOf).join(', ')}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  )
}

export function Holdouts({ draft, preview }: { draft: Draft; preview: Asked }) {
  const { data } = preview
  if (data === undefined) return null
  return (
    <Card title={PREVIEW.heldOut}>
      <div className="rehearse">
        <p className="small ink2">{data.held_out.length === 0 ? PREVIEW.none : PREVIEW.some}</p>
        {data.held_out.map((each) => (
          <Holdout key={`${each.name} ${each.share}`} held={each} draft={draft} />
        ))}
        {data.held_out.length === 0 && <Holdout held={NEW} draft={draft} />}
      </div>
    </Card>
  )
}

const NEW: HeldOut = { name: 'held_out', title: '', share: '', was: '' }

function Holdout({ held, draft }: { held: HeldOut; draft: Draft }) {
  const may = useMay('propose')
  const queries = useQueryClient()
  const [text, setText] = useState(held.share.replace('%', '').trim())
  const percent = Number(text)
  const isRight = text !== '' && percent > 0 && percent <= PERCENT_MOST
  const name = held.title || title(held.name)
  const holding = useMutation({
    mutationFn: () =>
      take(
        api.POST('/api/drafts/{name}/holdout', {
          params: { path: { name: draft.draft.name }, header: { 'if-match': draft.etag } },
          body: { holdout: held.name, percent },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ['drafts'] }),
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    holding.mutate()
  }
  return (
    <form className="rehearse-hold" onSubmit={submit} aria-label={name}>
      <TextInput
        size="xs"
        w={190}
        label={PREVIEW.heldOutBy(name)}
        inputMode="decimal"
        value={text}
        error={!isRight && text !== '' && PREVIEW.shareWrong(PERCENT_MOST)}
        onChange={(event) => setText(event.currentTarget.value.trim())}
      />
      <Button
        size="xs"
        type="submit"
        variant="default"
        disabled={!may || !isRight || `${percent}%` === held.share}
        loading={holding.isPending}
      >
        {PREVIEW.hold}
      </Button>
      {held.share !== '' && held.share !== held.was && (
        <span className="quiet small">
          {held.was === '' ? PREVIEW.newHoldout : PREVIEW.wasShare(held.was)}
        </span>
      )}
      {holding.isError && <Refusal error={holding.error} />}
    </form>
  )
}

function Waiting({ preview }: { preview: Asked }) {
  if (preview.isError) return <Trouble error={preview.error} retry={preview.refetch} />
  return (
    <p className="card-body quiet" role="status">
      {PREVIEW.comparing}
    </p>
  )
}
