// What is connected: every destination and source with its state in words.
import { Button, Skeleton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useOverview } from '@/api/queries'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { Go, useGo } from '@/kit/go'
import { Head } from '@/kit/head'
import { Stats } from '@/kit/stat'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { amount, CONNECTIONS } from '@/words/connections'
import { count, title } from '@/words/format'
import { Heard } from './heard'
import { isBad, type Line, Parts, State } from './parts'
import { useDestinations, useSources } from './queries'

type Source = components['schemas']['SourceSeen']

export default function Connected() {
  const destinations = useDestinations()
  return (
    <>
      <Head title={CONNECTIONS.title} beside={<Parts />}>
        <Button
          size="xs"
          component={Go}
          to="/connections/catalog"
          leftSection={<IconPlus size={14} />}
        >
          {CONNECTIONS.add}
        </Button>
      </Head>
      <Stale query={destinations} />
      <div className="page">
        <div className="page-in connections">
          {destinations.data !== undefined ? (
            <>
              <Figures lines={destinations.data} />
              <Destinations lines={destinations.data} />
            </>
          ) : destinations.isError ? (
            <Trouble error={destinations.error} retry={destinations.refetch} />
          ) : (
            <Skeleton h={360} />
          )}
          <Sources />
        </div>
      </div>
    </>
  )
}

function Figures({ lines }: { lines: readonly Line[] }) {
  const counts = useOverview().data?.status.counts ?? {}
  const words = CONNECTIONS.figures
  const bad = lines.filter((each) => isBad(each.standing)).length
  const waiting = lines.reduce((sum, each) => sum + each.waiting + each.in_flight, 0)
  return (
    <Stats
      figures={[
        {
          name: words.destinations,
          value: count(lines.length),
          more: words.destinationsMore(bad),
        },
        { name: words.waiting, value: count(waiting), more: words.waitingMore },
        {
          name: words.dead,
          value: (
            <Go to="/connections/dead" className="connections-figure-link">
              {count(counts.deliveries_dead ?? 0)}
            </Go>
          ),
          more: words.deadMore,
        },
        {
          name: words.quarantine,
          value: (
            <Go to="/connections/quarantine" className="connections-figure-link">
              {count(counts.quarantined ?? 0)}
            </Go>
          ),
          more: words.quarantineMore,
        },
      ]}
    />
  )
}

function Destinations({ lines }: { lines: readonly Line[] }) {
  const go = useGo()
  const words = CONNECTIONS.columns
  if (lines.length === 0) {
    return <Empty title={CONNECTIONS.noDestinations}>{CONNECTIONS.noDestinationsWhy}</Empty>
  }
  return (
    <Card title={CONNECTIONS.destinations} isBare>
      <Table
        label={CONNECTIONS.destinations}
        rows={lines}
        keyOf={(row) => row.name}
        onRow={(row) => go(`/connections/destinations/${row.name}`)}
        columns={[
          { name: words.destination, width: '18%', cell: (row) => <Named row={row} /> },
          {
            name: words.state,
            width: '22%',
            cell: (row) => <State line={row} />,
          },
          { name: words.hour, cell: (row) => <Hour row={row} /> },
          {
            name: words.rate,
            side: 'end',
            cell: (row) => (
              <span className="connections-whole">
                {CONNECTIONS.rate(row.per_second, row.rate)}
              </span>
            ),
          },
          {
            name: words.waiting,
            side: 'end',
            cell: (row) => count(row.waiting + row.in_flight) + (row.is_behind ? '+' : ''),
          },
          { name: words.purpose, cell: (row) => <Purposes row={row} /> },
          { name: words.last, side: 'end', cell: (row) => <Last at={row.last_accepted_at} /> },
        ]}
      />
    </Card>
  )
}

function Named({ row }: { row: Line }) {
  return (
    <Go
      className="connections-name"
      to={`/connections/destinations/${row.name}`}
      onClick={(event) => event.stopPropagation()}
    >
      <span className="strong">{row.title || title(row.name)}</span>
      <span className="quiet">{row.connector_name}</span>
    </Go>
  )
}

function Hour({ row }: { row: Line }) {
  return (
    <>
      <span className={row.ended === 0 ? 'quiet' : undefined}>
        {CONNECTIONS.hour(row.success ?? null, row.ended)}
      </span>
      <p className="quiet connections-whole">
        {CONNECTIONS.times(row.p50_us ?? null, row.p99_us ?? null)}
      </p>
    </>
  )
}

function Purposes({ row }: { row: Line }) {
  const channels = row.channels.map((each) => each.title || title(each.channel))
  const paid = row.channels.filter((each) => each.cost_micros > 0)
  return (
    <>
      <span>{[...channels, ...row.purposes.map(title)].join(', ') || CONNECTIONS.none}</span>
      {paid.map((each) => (
        <p className="quiet connections-whole" key={each.channel}>
          {CONNECTIONS.cost(amount(each.cost_micros), row.currency)}
        </p>
      ))}
    </>
  )
}

function Last({ at }: { at: number | null | undefined }) {
  if (at == null) return <span className="quiet">{CONNECTIONS.never}</span>
  return <Time at={at} as="ago" />
}

function Sources() {
  const sources = useSources()
  const go = useGo()
  const words = CONNECTIONS.columns
  if (sources.data === undefined) {
    if (sources.isError) return <Trouble error={sources.error} retry={sources.refetch} />
    return <Skeleton h={180} />
  }
  if (sources.data.length === 0) {
    return <Empty title={CONNECTIONS.noSources}>{CONNECTIONS.noSourcesWhy}</Empty>
  }
  return (
    <Card
      title={CONNECTIONS.sources}
      isBare
      more={
        <Go className="link small" to="/connections/new/sources/sdk">
          {CONNECTIONS.addSource}
        </Go>
      }
    >
      <Table
        label={CONNECTIONS.sources}
        rows={sources.data}
        keyOf={(row) => row.source}
        onRow={(row) => go(`/connections/sources/${row.source}`)}
        columns={[
          { name: words.source, width: '28%', cell: (row) => <SourceName row={row} /> },
          { name: words.state, width: '36%', cell: (row) => <Heard row={row} /> },
          {
            name: words.heard,
            cell: (row) => <Last at={row.heard_at} />,
          },
          { name: words.events, side: 'end', cell: (row) => count(row.events.length) },
        ]}
      />
    </Card>
  )
}

function SourceName({ row }: { row: Source }) {
  return (
    <Go
      className="connections-name"
      to={`/connections/sources/${row.source}`}
      onClick={(event) => event.stopPropagation()}
    >
      <span className="strong">{row.title || title(row.source)}</span>
      <span className="mono quiet">{row.source}</span>
    </Go>
  )
}
