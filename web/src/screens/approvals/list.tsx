// Approvals: the changes of definitions that wait for somebody, newest first.
import { Button, SegmentedControl, Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNames } from '@/api/actors'
import type { ChangeRequest, ChangeShown } from '@/api/changes'
import { api, take } from '@/api/client'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { Go, useGo, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { APPROVALS } from '@/words/approvals'
import { count } from '@/words/format'
import './approvals.css'
import { isLive, StateChip, teamName } from './state'

const PAGE = 50
const EVERY_MS = 10_000

type Row = { change: ChangeRequest; missing: readonly string[] }

export default function List() {
  const [show, setShow] = useParam('show')
  const changes = useInfiniteQuery({
    queryKey: ['changes', 'list', show],
    queryFn: ({ pageParam }) => {
      const query = { limit: PAGE, before: pageParam, ended: show === 'all' }
      return take(api.GET('/api/changes', { params: { query } }))
    },
    initialPageParam: 0,
    getNextPageParam: (page) =>
      page.length < PAGE ? undefined : page[page.length - 1]?.change?.number,
    refetchInterval: EVERY_MS,
  })
  const rows = changes.data?.pages.flat().flatMap(rowOf)
  return (
    <>
      <Head title={APPROVALS.title}>
        <SegmentedControl
          size="xs"
          aria-label={APPROVALS.showLabel}
          value={show}
          onChange={setShow}
          data={APPROVALS.show.map(([value, label]) => ({ value, label }))}
        />
      </Head>
      <div className="page">
        <div className="page-in approvals">
          {rows === undefined ? (
            changes.isError ? (
              <Trouble error={changes.error} retry={() => changes.refetch()} />
            ) : (
              <Skeleton h={320} />
            )
          ) : rows.length === 0 ? (
            <Nothing isAll={show === 'all'} onAll={() => setShow('all')} />
          ) : (
            <Rows rows={rows} />
          )}
          {changes.hasNextPage && (
            <Button
              size="xs"
              variant="default"
              loading={changes.isFetchingNextPage}
              onClick={() => void changes.fetchNextPage()}
            >
              {APPROVALS.more}
            </Button>
          )}
        </div>
      </div>
    </>
  )
}

function rowOf(shown: ChangeShown): Row[] {
  if (!shown.change) return []
  return [{ change: shown.change, missing: shown.missing ?? [] }]
}

function Nothing({ isAll, onAll }: { isAll: boolean; onAll: () => void }) {
  const action = !isAll && (
    <Button size="xs" variant="default" mt={8} onClick={onAll}>
      {APPROVALS.seeAll}
    </Button>
  )
  return (
    <Empty title={isAll ? APPROVALS.emptyAll : APPROVALS.empty} action={action}>
      {APPROVALS.emptyWhy}
    </Empty>
  )
}

function Rows({ rows }: { rows: readonly Row[] }) {
  const nameOf = useNames()
  const go = useGo()
  const words = APPROVALS.columns
  return (
    <Card isBare>
      <Table
        label={APPROVALS.title}
        rows={rows}
        keyOf={(row) => row.change.number}
        onRow={(row) => go(`/approvals/${row.change.number}`)}
        columns={[
          { name: words.change, width: '38%', cell: (row) => <Named change={row.change} /> },
          { name: words.author, cell: (row) => nameOf(row.change.author.actor) },
          { name: words.at, cell: (row) => <Time at={row.change.created_at} as="ago" /> },
          { name: words.waits, cell: waitsFor },
          {
            name: words.reach,
            side: 'end',
            cell: (row) => APPROVALS.people(count(row.change.draft.impact.reach ?? 0)),
          },
          { name: words.state, cell: (row) => <StateChip change={row.change} /> },
        ]}
      />
    </Card>
  )
}

function waitsFor({ change, missing }: Row) {
  if (!isLive(change) || missing.length === 0) {
    return <span className="quiet">{APPROVALS.nobody}</span>
  }
  return missing.map(teamName).join(', ')
}

function Named({ change }: { change: ChangeRequest }) {
  return (
    <Go
      className="approvals-name"
      to={`/approvals/${change.number}`}
      onClick={(event) => event.stopPropagation()}
    >
      <span className="strong">{change.title}</span>
      <span className="quiet cut">
        {change.number} · {change.why || APPROVALS.noWhy}
      </span>
    </Go>
  )
}
