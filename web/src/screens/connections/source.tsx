// One source: how it is heard, how its calls are proven, and what rests on it.
import { Skeleton } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import type { components } from '@/api/schema'
import { useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Go } from '@/kit/go'
import { Head } from '@/kit/head'
import { type Pair, Pairs } from '@/kit/pairs'
import { Stats } from '@/kit/stat'
import { Stale, Trouble } from '@/kit/trouble'
import { CONNECTIONS } from '@/words/connections'
import { count, dayAndMinute, span, title } from '@/words/format'
import { Change, Definition } from './destination'
import { NewKey } from './new-key'
import { Heard } from './heard'
import { Rests } from './parts'
import { useSource } from './queries'
import { Remove } from './remove'

type Source = components['schemas']['ShownSource']

const WORDS = CONNECTIONS.source
const MS = 1_000
const UNDER = { label: CONNECTIONS.title, to: '/connections' }

export default function One() {
  const { name = '' } = useParams({ strict: false }) as { name?: string }
  const source = useSource(name)
  const kind = source.data && (source.data.connector_name || CONNECTIONS.kinds[source.data.kind])
  return (
    <>
      <Head
        title={source.data?.seen.title || title(name)}
        under={UNDER}
        beside={kind && <Chip tone="line">{kind}</Chip>}
      >
        {source.data !== undefined && <Remove kind="source" name={name} />}
        <Change to={`/connections/sources/${name}/edit`} />
      </Head>
      <Stale query={source} />
      <div className="page">
        <div className="page-in connections">
          {source.data !== undefined ? (
            <Whole of={source.data} />
          ) : source.isError ? (
            <Trouble error={source.error} retry={source.refetch} />
          ) : (
            <Skeleton h={420} />
          )}
        </div>
      </div>
    </>
  )
}

function Whole({ of }: { of: Source }) {
  const { role } = useMe()
  return (
    <>
      <Card>
        <Heard row={of.seen} isWhole />
      </Card>
      {of.last_day != null && <Day of={of.last_day} />}
      <div className="connections-two">
        <div className="connections-column">
          {of.is_posted && (
            <Card title={WORDS.hook}>
              <p className="mono">{`${location.origin}/hooks/${of.seen.source}`}</p>
            </Card>
          )}
          <Card title={CONNECTIONS.one.settings}>
            {of.definition === null || of.definition === undefined ? (
              <p className="quiet">{CONNECTIONS.one.hidden(role)}</p>
            ) : (
              <Definition of={of.definition as Record<string, unknown>} file={of.file} />
            )}
          </Card>
          <Card title={WORDS.events}>
            {of.seen.events.length === 0 ? (
              <p className="quiet">{WORDS.noEvents}</p>
            ) : (
              <p className="row wrap">
                {of.seen.events.map((each) => (
                  <Go key={each} className="link" to={`/dictionary/${encodeURIComponent(each)}`}>
                    {each}
                  </Go>
                ))}
              </p>
            )}
          </Card>
        </div>
        <div className="connections-column">
          <Card title={CONNECTIONS.what}>
            <Pairs pairs={facts(of)} />
          </Card>
          <Keys of={of} />
          <Rests on={of.seen.journeys} title={of.seen.broken ? WORDS.restsBroken : WORDS.rests} />
        </div>
      </div>
    </>
  )
}

function Day({ of }: { of: NonNullable<Source['last_day']> }) {
  const took = (micros: number | null | undefined) => {
    if (micros == null) return CONNECTIONS.none
    return micros < MS ? WORDS.atOnce : span(micros)
  }
  return (
    <Stats
      figures={[
        { name: WORDS.day, value: count(of.events), more: WORDS.dayMore },
        { name: WORDS.half, value: took(of.p50_us), more: WORDS.late },
        { name: WORDS.most, value: took(of.p95_us), more: WORDS.late },
      ]}
    />
  )
}

function facts(of: Source): Pair[] {
  const { seen } = of
  const pairs: Pair[] = [
    { name: CONNECTIONS.name, value: <span className="mono">{seen.source}</span> },
    {
      name: WORDS.silentAfter,
      value: seen.silent_after === 0 ? WORDS.mayBeSilent : span(seen.silent_after),
    },
  ]
  if (of.connector !== '') {
    const to = `/connections/catalog/sources/${of.connector}`
    const value = (
      <Go className="link" to={to}>
        {of.connector_name}
      </Go>
    )
    pairs.push({ name: CONNECTIONS.one.connector, value })
  }
  if (of.pairs_with !== '') {
    const value = (
      <Go className="link" to={`/connections/destinations/${of.pairs_with}`}>
        {title(of.pairs_with)}
      </Go>
    )
    pairs.push({ name: WORDS.pairs, value })
  }
  const refused = Object.entries(of.refused)
  if (refused.length > 0) {
    const value = refused.map(([code, many]) => `${code}: ${count(many)}`).join(', ')
    pairs.push({ name: WORDS.refused, value: WORDS.refusedSince(value, dayAndMinute(of.since)) })
  }
  return pairs
}

function Keys({ of }: { of: Source }) {
  const secrets = Object.entries(of.secrets)
  return (
    <>
      {secrets.length > 0 && (
        <Card title={CONNECTIONS.one.account}>
          <Pairs
            pairs={secrets.map(([name, isKept]) => ({
              name: <span className="mono">{name}</span>,
              value: (
                <Chip tone={isKept ? 'ok' : 'bad'}>
                  {isKept ? CONNECTIONS.one.kept : CONNECTIONS.one.missing}
                </Chip>
              ),
            }))}
          />
        </Card>
      )}
      {!of.is_posted && !of.is_polled && (
        <Card title={WORDS.keys}>
          {of.keys.map((each) => (
            <p key={each}>{WORDS.key(each)}</p>
          ))}
          <p className="quiet small">{WORDS.keysWhy}</p>
          <NewKey of={of} />
        </Card>
      )}
    </>
  )
}
