// The withdrawals that a destination has not taken: who, since when, and once more.
import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay, useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Go } from '@/kit/go'
import { Note } from '@/kit/note'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { ACCESS } from '@/words/access'
import { CONSENT } from '@/words/consent'
import { count, title } from '@/words/format'
import { shortId } from '@/words/notes'

type Untold = components['schemas']['Untold']

const WORDS = CONSENT.withdrawals
const EVERY_MS = 5_000

export function NotTold() {
  const queries = useQueryClient()
  const may = useMay('repair')
  const { role } = useMe()
  const untold = useQuery({
    queryKey: ['consents', 'untold'],
    queryFn: () => take(api.GET('/api/consents/untold')),
    refetchInterval: EVERY_MS,
  })
  const redriving = useMutation({
    mutationFn: (delivery_ids: string[]) =>
      take(api.POST('/api/deliveries/redrive', { body: { delivery_ids } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['consents'] }),
  })
  if (untold.data === undefined) {
    return untold.isError ? <Trouble error={untold.error} retry={untold.refetch} /> : null
  }
  const { rows, is_cut: isCut } = untold.data
  const dead = rows.filter((row) => row.standing === 'dead')
  if (rows.length === 0) return <Note tone="ok" title={WORDS.allTold} />
  return (
    <Card
      title={WORDS.untold}
      isBare
      more={
        dead.length > 0 && (
          <Button
            size="xs"
            disabled={!may}
            title={may ? undefined : WORDS.mayNot(ACCESS.role[role])}
            loading={redriving.isPending}
            onClick={() => redriving.mutate(dead.map((row) => row.delivery_id))}
          >
            {dead.length === 1 ? WORDS.redriveOne : WORDS.redrive(count(dead.length))}
          </Button>
        )
      }
    >
      <div className="card-body consent">
        <Note tone="warn" title={WORDS.untoldWhy}>
          {isCut ? WORDS.cut : undefined}
        </Note>
        {!may && dead.length > 0 && <Note title={WORDS.mayNot(ACCESS.role[role])} />}
        {redriving.isError && <Trouble error={redriving.error} />}
        {redriving.data && <Note tone="ok" title={WORDS.redriven(redriving.data.redriven)} />}
      </div>
      <Table
        label={WORDS.untold}
        rows={rows}
        keyOf={(row) => row.delivery_id}
        columns={[
          { name: WORDS.destination, cell: (row) => title(row.destination) },
          {
            name: WORDS.person,
            cell: (row) => (
              <Go className="link mono" to={`/customers/${row.person_id}`}>
                {shortId(row.person_id)}
              </Go>
            ),
          },
          { name: WORDS.said, cell: (row) => <Time at={row.said_at} as="ago" /> },
          { name: '', width: '44%', cell: (row) => <State row={row} /> },
        ]}
      />
    </Card>
  )
}

function State({ row }: { row: Untold }) {
  return (
    <span className="row wrap">
      <Chip tone={row.standing === 'dead' ? 'bad' : 'warn'}>{WORDS.standing[row.standing]}</Chip>
      {row.reason && <span>{row.reason.what}</span>}
      {row.standing === 'waiting' && (
        <span className="quiet">
          {WORDS.attempts(row.attempt_count ?? 0)}
          {row.next_attempt_at != null && (
            <>
              , {WORDS.next} <Time at={row.next_attempt_at} as="ago" />
            </>
          )}
        </span>
      )}
    </span>
  )
}
