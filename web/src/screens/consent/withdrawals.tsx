// What a withdrawal reaches: by the day, who is told and how soon, and who has not been told yet.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { CONSENT } from '@/words/consent'
import { count, span, title } from '@/words/format'
import { Days } from './chart'
import { daysOf } from './days'
import { NotTold } from './untold'

type Shown = components['schemas']['Withdrawals']
type Teller = components['schemas']['Teller']
type Way = keyof typeof CONSENT.withdrawals.ways

const WORDS = CONSENT.withdrawals
const EVERY_MS = 5_000
const DAYS = 14
const MICROS_PER_MS = 1_000

export function Withdrawals() {
  const reach = useQuery({
    queryKey: ['consents', 'reach'],
    queryFn: () => take(api.GET('/api/consents/reach')),
    refetchInterval: EVERY_MS,
  })
  if (reach.data === undefined) {
    if (reach.isError) return <Trouble error={reach.error} retry={reach.refetch} />
    return <Skeleton h={420} />
  }
  return (
    <>
      <Stale query={reach} />
      <p className="quiet pretty consent-lead">{WORDS.lead}</p>
      <Chart shown={reach.data} />
      <Tellers shown={reach.data} />
      <NotTold />
    </>
  )
}

function Chart({ shown }: { shown: Shown }) {
  const { hours, since, at, is_behind: isBehind } = shown.lately
  const days = daysOf(hours, DAYS, at / MICROS_PER_MS)
  const isEmpty = days.every((each) => each.withdrawn === 0 && each.granted === 0)
  return (
    <Card
      title={WORDS.chart}
      more={
        <span className="quiet small">
          {WORDS.since} <Time at={since} as="day" />, <Time at={since} as="hourAndMinute" />
        </span>
      }
    >
      {isBehind && <p className="quiet small">{WORDS.behind}</p>}
      {isEmpty ? (
        <p>
          <span className="strong">{WORDS.none}.</span>{' '}
          <span className="quiet">{WORDS.noneWhy}</span>
        </p>
      ) : (
        <>
          <Days days={days} />
          <details className="consent-details">
            <summary>{WORDS.table}</summary>
            <Table
              label={WORDS.chart}
              rows={days.filter((each) => each.withdrawn + each.granted > 0).reverse()}
              keyOf={(row) => row.at}
              columns={[
                { name: WORDS.day, cell: (row) => <Time at={row.at} as="day" /> },
                { name: WORDS.withdrawn, side: 'end', cell: (row) => count(row.withdrawn) },
                { name: WORDS.granted, side: 'end', cell: (row) => count(row.granted) },
              ]}
            />
          </details>
        </>
      )}
    </Card>
  )
}

type Row = { name: string; way: Way; told: Teller | undefined }

function rowsOf({ told, lists, untellable, lately }: Shown): Row[] {
  const ways = new Map<string, Way>()
  for (const name of untellable) ways.set(name, 'none')
  for (const name of lists) ways.set(name, 'list')
  for (const name of told) ways.set(name, 'told')
  // One that is no longer declared still owes an answer.
  for (const { destination } of lately.tellers) {
    if (!ways.has(destination)) ways.set(destination, 'told')
  }
  const found = (name: string) => lately.tellers.find((each) => each.destination === name)
  return [...ways].map(([name, way]) => ({ name, way, told: found(name) }))
}

function Tellers({ shown }: { shown: Shown }) {
  return (
    <Card title={WORDS.tellers} isBare>
      <Table
        label={WORDS.tellers}
        rows={rowsOf(shown)}
        keyOf={(row) => row.name}
        columns={[
          {
            name: WORDS.destination,
            cell: (row) => <span className="strong">{title(row.name)}</span>,
          },
          {
            name: WORDS.way,
            width: '30%',
            cell: (row) => <span className="quiet">{WORDS.ways[row.way]}</span>,
          },
          { name: WORDS.inTime, side: 'end', cell: (row) => figure(row, row.told?.in_time) },
          { name: WORDS.late, side: 'end', cell: (row) => figure(row, row.told?.late) },
          { name: WORDS.waiting, side: 'end', cell: (row) => figure(row, row.told?.waiting) },
          { name: WORDS.failed, side: 'end', cell: (row) => figure(row, row.told?.failed, true) },
          {
            name: WORDS.slowest,
            side: 'end',
            cell: (row) => (row.told?.slowest ? span(row.told.slowest) : '–'),
          },
          {
            name: WORDS.failing,
            side: 'end',
            cell: (row) =>
              row.told?.failing_since == null ? '–' : <Time at={row.told.failing_since} as="ago" />,
          },
        ]}
      />
    </Card>
  )
}

function figure(row: Row, value: number | undefined, isBad = false) {
  if (row.way === 'none') return <span className="quiet">–</span>
  const text = count(value ?? 0)
  return isBad && value ? <span className="consent-bad strong">{text}</span> : text
}
