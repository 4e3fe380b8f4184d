// The quarantine: why events wait there, which, and feeding them in again.
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
import { count, sentence } from '@/words/format'
import { type Step, useBatch } from './batch'
import { Parts } from './parts'
import { Going, Sure } from './repairing'

type Group = components['schemas']['QuarantineGroup']
type Row = components['schemas']['ShownRow']
type Filter = { code: string; source: string; name: string }

const WORDS = BROKEN.quarantine
const PAGE = 50
const AT_ONCE = 200
const EVERY_MS = 5_000

export default function Quarantine() {
  const reasons = useQuery({
    queryKey: ['quarantine', 'reasons'],
    queryFn: () => take(api.GET('/api/quarantine/reasons')),
    refetchInterval: EVERY_MS,
  })
  const [code, setCode] = useParam('code')
  const [source, setSource] = useParam('source')
  const [name, setName] = useParam('name')
  const filter = { code, source, name }
  function choose(group: Group | null) {
    setCode(group?.code ?? '')
    setSource(group?.source ?? '')
    setName(group?.name ?? '')
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
                  <p className="quiet small">{WORDS.atLeast(count(reasons.data.looked_at))}</p>
                )}
                <Rows
                  key={`${code} ${source} ${name}`}
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

function isOf(group: Group, { code, source, name }: Filter): boolean {
  return (
    (code === '' || group.code === code) &&
    (source === '' || group.source === source) &&
    (name === '' || group.name === name)
  )
}

type GroupsProps = {
  groups: readonly Group[]
  filter: Filter
  onChoose: (group: Group) => void
}

function Groups({ groups, filter, onChoose }: GroupsProps) {
  const isOne = filter.code !== ''
  return (
    <Card title={WORDS.groups} isBare>
      <Table
        label={WORDS.groups}
        rows={groups}
        keyOf={(row) => `${row.code} ${row.source} ${row.name}`}
        isActive={(row) => isOne && isOf(row, filter)}
        onRow={onChoose}
        columns={[
          {
            name: WORDS.reason,
            width: '44%',
            cell: (row) => (
              <>
                <button type="button" className="link" onClick={() => onChoose(row)}>
                  {sentence(row.reason.what)}
                </button>
                <p className="mono quiet">{row.code}</p>
              </>
            ),
          },
          { name: WORDS.event, cell: (row) => row.name || CONNECTIONS.none },
          { name: WORDS.source, cell: (row) => row.source || CONNECTIONS.none },
          { name: WORDS.many, side: 'end', cell: (row) => count(row.count) },
          { name: WORDS.newest, side: 'end', cell: (row) => <Time at={row.last_at} as="ago" /> },
        ]}
      />
    </Card>
  )
}

type RowsProps = { filter: Filter; groups: readonly Group[]; onAll: () => void }

function Rows({ filter, groups, onAll }: RowsProps) {
  const rows = useInfiniteQuery({
    queryKey: ['quarantine', 'rows', filter],
    queryFn: ({ pageParam }) => page(filter, pageParam, PAGE),
    initialPageParam: 0,
    getNextPageParam: (found) => (found.length < PAGE ? undefined : found.at(-1)?.position),
  })
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set())
  const may = useMay('repair')
  const queries = useQueryClient()
  const batch = useBatch()
  const found = rows.data?.pages.flat() ?? []
  const all = groups.reduce((sum, each) => sum + each.count, 0)
  const last = Math.max(0, ...groups.map((each) => each.last))
  const positions = [...chosen].sort((a, b) => a - b)
  const isBusy = batch.progress.phase === 'doing'
  const mayNot = may ? undefined : WORDS.mayNot
  const renew = () => {
    setChosen(new Set())
    return queries.invalidateQueries({ queryKey: ['quarantine'] })
  }
  const everything: Step = async (after) => {
    const next = (await page(filter, after, AT_ONCE)).filter((row) => row.position <= last)
    const end = next.at(-1)
    if (end === undefined) return { done: 0, next: null }
    return { done: await replay(next.map((row) => row.position)), next: end.position }
  }
  const some: Step = async (after) => {
    const part = positions.slice(after, after + AT_ONCE)
    const next = after + part.length
    const done = part.length === 0 ? 0 : await replay(part)
    return { done, next: next < positions.length ? next : null }
  }
  return (
    <Card
      title={WORDS.rows}
      isBare
      more={
        <span className="row">
          {filter.code !== '' && (
            <button type="button" className="link small" onClick={onAll}>
              {WORDS.all}
            </button>
          )}
          <Sure
            label={WORDS.replayChosen(count(chosen.size))}
            title={WORDS.replaySure(count(chosen.size))}
            why={WORDS.replayWhy}
            isOpen={chosen.size > 0 && !isBusy}
            mayNot={mayNot}
            onDo={() => void batch.begin(some, chosen.size, chosen.size).then(renew)}
          />
          <Sure
            label={WORDS.replayAll(count(all))}
            title={WORDS.replaySure(count(all))}
            why={WORDS.replayWhy}
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
          keyOf={(row) => row.position}
          columns={[
            {
              name: '',
              width: 44,
              cell: (row) => (
                <Checkbox
                  size="xs"
                  aria-label={WORDS.choose(String(row.position))}
                  checked={chosen.has(row.position)}
                  onChange={() => setChosen(toggled(chosen, row.position))}
                />
              ),
            },
            { name: WORDS.event, width: '22%', cell: (row) => <Named row={row} /> },
            { name: WORDS.source, cell: (row) => row.source },
            { name: WORDS.reason, width: '40%', cell: (row) => sentence(row.reason.what) },
            {
              name: WORDS.received,
              side: 'end',
              cell: (row) => <Time at={row.received_at} as="ago" />,
            },
          ]}
        />
      )}
      {rows.hasNextPage && (
        <p className="card-body">
          <button type="button" className="link" onClick={() => void rows.fetchNextPage()}>
            {WORDS.page}
          </button>
        </p>
      )}
    </Card>
  )
}

function Named({ row }: { row: Row }) {
  return (
    <Go className="link" to={`/connections/quarantine/${row.position}`}>
      {row.name || row.event_id}
    </Go>
  )
}

export function toggled<Key>(chosen: ReadonlySet<Key>, key: Key): ReadonlySet<Key> {
  const next = new Set(chosen)
  if (!next.delete(key)) next.add(key)
  return next
}

function page(filter: Filter, after: number, limit: number) {
  return take(api.GET('/api/quarantine', { params: { query: { ...filter, after, limit } } }))
}

export async function replay(positions: readonly number[]): Promise<number> {
  const body = { positions: [...positions] }
  return (await take(api.POST('/api/quarantine/replay', { body }))).replayed
}
