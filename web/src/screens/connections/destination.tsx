// One destination: how it is doing, why, and what it is configured as.
import { Button, Skeleton } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import type { components } from '@/api/schema'
import { useMay, useMe } from '@/app/session'
import { Proving } from '@/screens/access/proof'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Go } from '@/kit/go'
import { Head } from '@/kit/head'
import { Note } from '@/kit/note'
import { type Pair, Pairs } from '@/kit/pairs'
import { Stats } from '@/kit/stat'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { amount, CONNECTIONS } from '@/words/connections'
import { count, share, span, title } from '@/words/format'
import { doing, isBad, type Line, Rests, State } from './parts'
import { PulseChart } from './pulse-chart'
import { History } from './history'
import { useDestination } from './queries'
import { Account } from './account'
import { Remove } from './remove'

type Destination = components['schemas']['ShownDestination']

const WORDS = CONNECTIONS.one
const UNDER = { label: CONNECTIONS.title, to: '/connections' }

export default function One() {
  const { name = '' } = useParams({ strict: false }) as { name?: string }
  const destination = useDestination(name)
  const line = destination.data?.line
  return (
    <>
      <Head
        title={line?.title || title(name)}
        under={UNDER}
        beside={line && <Chip tone="line">{line.connector_name}</Chip>}
      >
        {destination.data !== undefined && <Remove kind="destination" name={name} />}
        <Change to={`/connections/destinations/${name}/edit`} />
      </Head>
      <Stale query={destination} />
      <div className="page">
        <div className="page-in connections">
          {destination.data !== undefined ? (
            <Proving>
              <Whole of={destination.data} now={destination.dataUpdatedAt * 1_000} />
            </Proving>
          ) : destination.isError ? (
            <Trouble error={destination.error} retry={destination.refetch} />
          ) : (
            <Skeleton h={420} />
          )}
        </div>
      </div>
    </>
  )
}

function Whole({ of, now }: { of: Destination; now: number }) {
  const { line, pulse } = of
  return (
    <>
      <Card>
        <State line={line} />
      </Card>
      <Figures line={line} />
      <PulseChart name={line.title || title(line.name)} pulse={pulse} now={now} />
      <div className="connections-two">
        <Configured of={of} />
        <div className="connections-column">
          <Card title={CONNECTIONS.what}>
            <Pairs pairs={facts(of)} />
          </Card>
          <Rests on={line.alert?.journeys ?? []} title={WORDS.rests} />
          <Account of={of} />
          <History name={line.name} hasEvents={of.events !== ''} />
        </div>
      </div>
    </>
  )
}

function Figures({ line }: { line: Line }) {
  const isKnown = line.p50_us != null && line.p99_us != null
  return (
    <Stats
      figures={[
        {
          name: WORDS.success,
          value: line.success == null ? CONNECTIONS.none : share(line.success),
          more: line.ended === 0 ? WORDS.nothingEnded : WORDS.successMore(count(line.ended)),
        },
        {
          name: WORDS.fast,
          value: isKnown ? span(line.p50_us ?? 0) : CONNECTIONS.none,
          more: isKnown ? WORDS.fastMore(span(line.p99_us ?? 0)) : WORDS.nothingEnded,
        },
        {
          name: WORDS.waiting,
          value: count(line.waiting + line.in_flight),
          more: (
            <>
              {line.waits_since != null && (
                <>
                  {WORDS.oldest} <Time at={line.waits_since} as="ago" />;{' '}
                </>
              )}
              {line.is_behind ? WORDS.behind : WORDS.waitingMore(count(line.retrying))}
            </>
          ),
        },
        {
          name: WORDS.rate,
          value: CONNECTIONS.rate(line.per_second, line.rate),
          more: line.rate === 0 ? CONNECTIONS.noLimit : WORDS.rateMore,
        },
      ]}
    />
  )
}

function facts(of: Destination): Pair[] {
  const { line } = of
  const channels = line.channels.map(
    (each) =>
      `${each.title || title(each.channel)}, ${
        each.cost_micros === 0
          ? CONNECTIONS.free
          : CONNECTIONS.cost(amount(each.cost_micros), line.currency)
      }`,
  )
  return [
    { name: CONNECTIONS.name, value: <span className="mono">{line.name}</span> },
    {
      name: WORDS.connector,
      value: (
        <Go className="link" to={`/connections/catalog/${line.connector}`}>
          {line.connector_name}
        </Go>
      ),
    },
    { name: WORDS.does, value: doing(of.operations) },
    {
      name: WORDS.consent,
      value: line.purposes.map(title).join(', ') || CONNECTIONS.connector.noPurpose,
    },
    { name: WORDS.channels, value: channels.join('; ') || CONNECTIONS.none },
    { name: WORDS.gets, value: of.events || WORDS.noEvents },
    {
      name: WORDS.takesOver,
      value: of.takes_over === '' ? WORDS.waits : WORDS.takesOverBy(title(of.takes_over)),
    },
    { name: WORDS.alert, value: alerts(of.alert_after) },
    { name: WORDS.owner, value: title(line.owner) || CONNECTIONS.none },
  ]
}

function alerts({ down = 0, waiting = 0 }: Destination['alert_after']): string {
  const said = [
    down > 0 && WORDS.alertDown(span(down)),
    waiting > 0 && WORDS.alertWaiting(span(waiting)),
  ]
  return said.filter(Boolean).join('; ') || WORDS.alertNever
}

/** The way to changing it; who may not is told why. */
export function Change({ to }: { to: string }) {
  const may = useMay('propose')
  if (!may) {
    return (
      <Button size="xs" variant="default" disabled title={CONNECTIONS.edit.mayNot}>
        {WORDS.change}
      </Button>
    )
  }
  return (
    <Button size="xs" variant="default" component={Go} to={to}>
      {WORDS.change}
    </Button>
  )
}

function Configured({ of }: { of: Destination }) {
  const { role } = useMe()
  const fault = of.last_fault
  return (
    <div className="connections-column">
      <Card title={WORDS.settings}>
        {of.definition === null || of.definition === undefined ? (
          <p className="quiet">{WORDS.hidden(role)}</p>
        ) : (
          <Definition of={of.definition as Record<string, unknown>} file={of.file} />
        )}
      </Card>
      {fault != null && !isBad(of.line.standing) && <Note title={WORDS.fault}>{fault.what}</Note>}
    </div>
  )
}

/** As it stands in its file: names and values, one under the other. */
export function Definition({ of, file }: { of: Record<string, unknown>; file: string }) {
  const pairs = Object.entries(of)
    .slice(1)
    .flatMap(([name, value]): Pair[] =>
      name === 'settings' && typeof value === 'object' && value !== null
        ? Object.entries(value).map(([key, inner]) => ({
            name: key,
            value: <Plain value={inner} />,
          }))
        : [{ name, value: <Plain value={value} /> }],
    )
  return (
    <Pairs pairs={[...pairs, { name: WORDS.file, value: <span className="mono">{file}</span> }]} />
  )
}

function Plain({ value }: { value: unknown }) {
  if (typeof value === 'object' && value !== null && 'secret' in value) {
    return WORDS.secret(String(value.secret))
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return <span className="mono">{text}</span>
}
