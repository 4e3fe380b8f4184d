// Dead deliveries: which destination, why, how many, and sending them again.
import { Checkbox, Skeleton } from '@mantine/core'
import '@mantine/core/styles/Checkbox.css'
import '@mantine/core/styles/InlineInput.css'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { BROKEN } from '@/words/broken'
import { CONNECTIONS } from '@/words/connections'
import { count, sentence, title } from '@/words/format'
import { type Step, useBatch } from './batch'
import { Parts } from './parts'
import { toggled } from './quarantine'
import { Going, Sure } from './repairing'

type Group = components['schemas']['DeadGroup']
type Row = components['schemas']['studio_deliveries_ShownDelivery']
type Filter = { destination: string; code?: string }

const WORDS = BROKEN.dead
const PAGE = 50
const AT_ONCE = 200
const EVERY_MS = 5_000
/** In the address, a reason that was not given. */
const NONE = '-'

export default function Dead() {
  const reasons = useQuery({
    queryKey: ['dead', 'reasons'],
    queryFn: () => take(api.GET('/api/deliveries/reasons')),
    refetchInterval: EVERY_MS,
  })
  const [destination, setDestination] = useParam('destination')
  const [code, setCode] = useParam('code')
  const filter: Filter =
    code === '' ? { destination } : { destination, code: code === NONE ? '' : code }
  function choose(group: Group | null) {
    setDestination(group?.destination ?? '')
    setCode(group === null ? '' : group.code || NONE)
  }
  return (
    <>
      <Head title={CONNECTIONS.title} beside={<Parts />} />
      <Stale query={reasons} />
      <div className="page">
        <div className="page-in connections">
          <p className="ink2">{WORDS.lead}</p>
          {reasons.data !== undefined ? (
            reasons.data.groups.length === 0 ? (
              <Empty title={WORDS.empty}>{WORDS.emptyWhy}</Empty>
            ) : (
              <>
                <Groups groups={reasons.data.groups} filter={filter} onChoose={choose} />
                {!reasons.data.is_all && (
                  <p className="quiet small">
                    {BROKEN.quarantine.atLeast(count(reasons.data.looked_at))}
                  </p>
                )}
                <Rows
                  key={`${destination} ${code}`}
                  filter={filter}
                  groups={reasons.data.groups.filter((each) => isOf(each, filter))}
                  onAll={() => choose(null)}
                />
              </>
            )
          ) : reasons.isError ? (
            <Trouble error={reasons.error} retry={reasons.refetch} />
          ) : (
            <Skeleton h={320} />
          )}
        </div>
      </div>
    </>
  )
}

function isOf(group: Group, { destination, code }: Filter): boolean {
  const isThere = destination === '' || group.destination === destination
  return isThere && (code === undefined || group.code === code)
}

type GroupsProps = {
  groups: readonly Group[]
  filter: Filter
  onChoose: (group: Group) => void
}

function Groups({ groups, filter, onChoose }: GroupsProps) {
  const isOne = filter.code !== undefined
  const words = BROKEN.quarantine
  return (
    <Card title={WORDS.groups} isBare>
      <Table
        label={WORDS.groups}
        rows={groups}
        keyOf={(row) => `${row.destination} ${row.code}`}
        isActive={(row) => isOne && isOf(row, filter)}
        onRow={onChoose}
        columns={[
          {
            name: words.reason,
            width: '52%',
            cell: (row) => (
              <>
                <button type="button" className="link" onClick={() => onChoose(row)}>
                  {sentence(row.reason?.what ?? WORDS.noReason)}
                </button>
                <p className="mono quiet">{row.code}</p>
              </>
            ),
          },
          { name: WORDS.destination, cell: (row) => title(row.destination) },
          { name: words.many, side: 'end', cell: (row) => count(row.count) },
          { name: words.newest, side: 'end', cell: (row) => <Time at={row.last_at} as="ago" /> },
        ]}
      />
    </Card>
  )
}

type RowsProps = { filter: Filter; groups: readonly Group[]; onAll: () => void }

function Rows({ filter, groups, onAll }: RowsProps) {
  const rows = useInfiniteQuery({
    queryKey: ['dead', 'rows', filter],
    queryFn: ({ pageParam }) => page(filter, pageParam, PAGE),
    initialPageParam: 0,
    getNextPageParam: (found) => (found.length < PAGE ? undefined : found.at(-1)?.after),
  })
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const may = useMay('repair')
  const queries = useQueryClient()
  const batch = useBatch()
  const found = rows.data?.pages.flat() ?? []
  const all = groups.reduce((sum, each) => sum + each.count, 0)
  const last = Math.max(0, ...groups.map((each) => each.last))
  const isBusy = batch.progress.phase === 'doing'
  const mayNot = may ? undefined : BROKEN.quarantine.mayNot
  const renew = () => {
    setChosen(new Set())
    return queries.invalidateQueries({ queryKey: ['dead'] })
  }
  const everything: Step = async (after) => {
    const next = (await page(filter, after, AT_ONCE)).filter((row) => row.after <= last)
    const end = next.at(-1)
    if (end === undefined) return { done: 0, next: null }
    return { done: await redrive(next.map((row) => row.delivery_id)), next: end.after }
  }
  const ids = [...chosen]
  const some: Step = async (after) => {
    const part = ids.slice(after, after + AT_ONCE)
    const next = after + part.length
    const done = part.length === 0 ? 0 : await redrive(part)
    return { done, next: next < ids.length ? next : null }
  }
  return (
    <Card
      title={WORDS.rows}
      isBare
      more={
        <span className="row">
          {filter.code !== undefined && (
            <button type="button" className="link small" onClick={onAll}>
              {BROKEN.quarantine.all}
            </button>
          )}
          <Sure
            label={WORDS.redriveChosen(count(chosen.size))}
            title={WORDS.redriveSure(count(chosen.size))}
            why={WORDS.redriveWhy}
            isOpen={chosen.size > 0 && !isBusy}
            mayNot={mayNot}
            onDo={() => void batch.begin(some, chosen.size, chosen.size).then(renew)}
          />
          <Sure
            label={WORDS.redriveAll(count(all))}
            title={WORDS.redriveSure(count(all))}
            why={WORDS.redriveWhy}
            isOpen={all > 0 && !isBusy}
            mayNot={mayNot}
            onDo={() => void batch.begin(everything, all, last).then(renew)}
          />
        </span>
      }
    >
      <Going batch={batch} words={WORDS} />
      {rows.isError ? (
        <Trouble error={rows.error} retry={rows.refetch} />
      ) : (
        <Table
          label={WORDS.rows}
          rows={found}
          keyOf={(row) => row.delivery_id}
          columns={[
            {
              name: '',
              width: 44,
              cell: (row) => (
                <Checkbox
                  size="xs"
                  aria-label={WORDS.choose(row.delivery_id)}
                  checked={chosen.has(row.delivery_id)}
                  onChange={() => setChosen(toggled(chosen, row.delivery_id))}
                />
              ),
            },
            { name: WORDS.message, width: '22%', cell: (row) => <Named row={row} /> },
            { name: WORDS.destination, cell: (row) => title(row.destination) },
            {
              name: BROKEN.quarantine.reason,
              width: '34%',
              cell: (row) => row.reason?.what ?? WORDS.noReason,
            },
            {
              name: WORDS.decided,
              side: 'end',
              cell: (row) => <Time at={row.decided_at} as="ago" />,
            },
          ]}
        />
      )}
      {rows.hasNextPage && (
        <p className="card-body">
          <button type="button" className="link" onClick={() => void rows.fetchNextPage()}>
            {BROKEN.quarantine.page}
          </button>
        </p>
      )}
    </Card>
  )
}

function Named({ row }: { row: Row }) {
  const name = row.message || CONNECTIONS.operations[row.operation] || row.operation
  return (
    <Go className="link" to={`/connections/dead/${row.delivery_id}`}>
      {title(name)}
    </Go>
  )
}

function page(filter: Filter, after: number, limit: number) {
  const query = { ...filter, standing: 'dead' as const, after, limit }
  return take(api.GET('/api/deliveries', { params: { query } }))
}

export async function redrive(ids: readonly string[]): Promise<number> {
  const body = { delivery_ids: [...ids] }
  return (await take(api.POST('/api/deliveries/redrive', { body }))).redriven
}
