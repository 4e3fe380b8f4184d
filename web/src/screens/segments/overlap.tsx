// Which other segments these people are in: bars of their share, and the counts as a table.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Go } from '@/kit/go'
import { Table } from '@/kit/table'
import { Trouble } from '@/kit/trouble'
import { count, share, title as titled } from '@/words/format'
import { figure, SEGMENTS } from '@/words/segments'

type Shared = components['schemas']['Shared']
type Props = { name: string; title: string; people: number }

const EVERY_MS = 20_000
const BARS_MAX = 8

export function Overlap({ name, title, people }: Props) {
  const overlap = useQuery({
    queryKey: ['segment', name, 'overlap'],
    queryFn: () => take(api.GET('/api/segments/{name}/overlap', { params: { path: { name } } })),
    refetchInterval: EVERY_MS,
    // Counted anew when the size is.
    enabled: people >= 0,
  })
  const { data } = overlap
  const words = SEGMENTS.columnsShared
  const told = data?.others.filter((each) => each.both !== null) ?? []
  return (
    <Card title={SEGMENTS.overlap} isBare={told.length > 0}>
      {data === undefined && overlap.isError && (
        <Trouble error={overlap.error} retry={overlap.refetch} />
      )}
      {data === undefined && !overlap.isError && <Skeleton h={120} />}
      {data !== undefined && told.length === 0 && (
        <p className="quiet small">{SEGMENTS.overlapNone}</p>
      )}
      {data !== undefined && told.length > 0 && (
        <>
          <Bars title={title} people={data.people} others={told.slice(0, BARS_MAX)} />
          <Table
            label={SEGMENTS.overlap}
            rows={data.others}
            keyOf={(row) => row.name}
            columns={[
              {
                name: words.segment,
                cell: (row) => (
                  <Go className="link" to={`/segments/${encodeURIComponent(row.name)}`}>
                    {titled(row.name)}
                  </Go>
                ),
              },
              {
                name: words.both,
                side: 'end',
                cell: (row) => (row.both === null ? SEGMENTS.few : figure(row.both, row.within)),
              },
              {
                name: words.part,
                side: 'end',
                cell: (row) => (row.both === null ? '' : share(row.both / data.people)),
              },
              { name: words.people, side: 'end', cell: (row) => count(row.people) },
            ]}
          />
        </>
      )}
    </Card>
  )
}

const WIDTH = 640
const LABEL = 150
const FIGURE = 52
const ROW = 24
const BAR = 10

type BarsProps = { title: string; people: number; others: readonly Shared[] }

function Bars({ title, people, others }: BarsProps) {
  const room = WIDTH - LABEL - FIGURE
  return (
    <svg
      className="segments-bars"
      viewBox={`0 0 ${WIDTH} ${others.length * ROW}`}
      role="img"
      aria-label={SEGMENTS.overlapChart(title)}
    >
      {others.map((each, number) => {
        const part = people === 0 ? 0 : Math.min(1, (each.both ?? 0) / people)
        const middle = number * ROW + ROW / 2
        return (
          <g key={each.name}>
            <text x={0} y={middle} className="segments-bar-name">
              {titled(each.name)}
            </text>
            <rect x={LABEL} y={middle - BAR / 2} width={room} height={BAR} rx={3} data-is="all" />
            <rect x={LABEL} y={middle - BAR / 2} width={part * room} height={BAR} rx={3} />
            <text x={WIDTH} y={middle} textAnchor="end">
              {share(part)}
            </text>
          </g>
        )
      })}
    </svg>
  )
}
