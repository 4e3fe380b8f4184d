// One connector, as its manifest says it: what it asks for, what it does, how right it is.
import { Button, Skeleton } from '@mantine/core'
import { IconExternalLink } from '@tabler/icons-react'
import { useLocation, useParams } from '@tanstack/react-router'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Go } from '@/kit/go'
import { Head } from '@/kit/head'
import { type Pair, Pairs } from '@/kit/pairs'
import { Table } from '@/kit/table'
import { Stale, Trouble } from '@/kit/trouble'
import { CONNECTIONS } from '@/words/connections'
import { count, title } from '@/words/format'
import { accountsOf, doing, Sure } from './parts'
import { useConnector } from './queries'

type Connector = components['schemas']['ShownConnector']
type Route = components['schemas']['ShownRoute']
type Setting = components['schemas']['ShownSetting']
type Mark = components['schemas']['Mark']

const WORDS = CONNECTIONS.connector
const UNDER = { label: CONNECTIONS.catalog.title, to: '/connections/catalog' }
const SHOWN_EVENTS = 6

export default function One() {
  const { name = '' } = useParams({ strict: false }) as { name?: string }
  const { pathname } = useLocation()
  const isSource = pathname.includes('/catalog/sources/')
  // On the way to another screen the address is that one's already.
  const isHere = pathname.includes('/connections/catalog/')
  const connector = useConnector(isSource ? 'source' : 'destination', name, isHere)
  const line = connector.data?.line
  return (
    <>
      <Head
        title={line?.name ?? title(name)}
        under={UNDER}
        beside={line && <Sure status={line.status} />}
      >
        <Button
          size="xs"
          component={Go}
          to={`/connections/new/${isSource ? 'sources/' : ''}${name}`}
        >
          {WORDS.add}
        </Button>
      </Head>
      <Stale query={connector} />
      <div className="page">
        <div className="page-in connections">
          {connector.data !== undefined ? (
            <Manifest of={connector.data} />
          ) : connector.isError ? (
            <Trouble error={connector.error} retry={connector.refetch} />
          ) : (
            <Skeleton h={420} />
          )}
        </div>
      </div>
    </>
  )
}

function Manifest({ of }: { of: Connector }) {
  const { line } = of
  return (
    <>
      <p className="connections-lead">{doing(line.does)}</p>
      <div className="connections-two">
        <div className="connections-column">
          {of.settings.length > 0 && <Settings settings={of.settings} />}
          {line.direction === 'destination' && <Routes routes={of.routes ?? []} />}
          {line.direction === 'source' && (
            <Card title={WORDS.events}>
              <p>{(of.events ?? []).join(', ') || WORDS.ownEvents}</p>
            </Card>
          )}
        </div>
        <div className="connections-column">
          <Card title={CONNECTIONS.what}>
            <Pairs pairs={line.direction === 'source' ? sourceFacts(of) : facts(of)} />
            <p className="connections-foot">
              <a className="link small row" href={line.docs} target="_blank" rel="noreferrer">
                {CONNECTIONS.docs}
                <IconExternalLink size={13} aria-hidden="true" />
              </a>
            </p>
          </Card>
          {line.direction === 'destination' && <Score of={of} />}
        </div>
      </div>
    </>
  )
}

function facts(of: Connector): Pair[] {
  const { line } = of
  const names = WORDS.facts
  const pairs: Pair[] = [
    { name: names.category, value: CONNECTIONS.categories[line.category] ?? title(line.category) },
    { name: names.account, value: accountsOf(line.accounts) },
    {
      name: names.purposes,
      value: (line.purposes ?? []).map(title).join(', ') || WORDS.noPurpose,
    },
    { name: names.pii, value: of.pii.map(title).join(', ') || WORDS.noPii },
    { name: names.doubt, value: WORDS.doubt[of.on_doubt ?? ''] ?? of.on_doubt },
  ]
  if (line.channel) pairs.push({ name: names.channel, value: title(line.channel) })
  if (of.rate) pairs.push({ name: names.rate, value: WORDS.perSecond(count(of.rate)) })
  if (of.api_version) pairs.push({ name: names.version, value: of.api_version })
  if (line.sunset) pairs.push({ name: names.sunset, value: line.sunset })
  if (of.transport !== 'http')
    pairs.push({ name: names.transport, value: title(of.transport ?? '') })
  return [...pairs, ...comesBack(line.inbound ?? []), ...used(of)]
}

function sourceFacts(of: Connector): Pair[] {
  const ways = [of.is_posted && WORDS.posted, of.is_polled && WORDS.polled].filter(Boolean)
  return [
    { name: WORDS.facts.transport, value: ways.join('; ') },
    { name: WORDS.facts.proof, value: accountsOf(of.line.accounts) },
    ...used(of),
  ]
}

function comesBack(sources: readonly string[]): Pair[] {
  if (sources.length === 0) return []
  const links = sources.map((each) => (
    <Go key={each} className="link" to={`/connections/catalog/sources/${each}`}>
      {title(each)}
    </Go>
  ))
  return [{ name: WORDS.facts.inbound, value: <span className="row wrap">{links}</span> }]
}

function used(of: Connector): Pair[] {
  const folder = of.line.direction === 'source' ? 'sources' : 'destinations'
  const names = of.line.used_by ?? []
  if (names.length === 0) return []
  const links = names.map((each) => (
    <Go key={each} className="link" to={`/connections/${folder}/${each}`}>
      {title(each)}
    </Go>
  ))
  return [{ name: WORDS.facts.used, value: <span className="row wrap">{links}</span> }]
}

function Settings({ settings }: { settings: readonly Setting[] }) {
  return (
    <Card title={WORDS.settings} isBare>
      <Table
        label={WORDS.settings}
        rows={settings}
        keyOf={(row) => row.name}
        columns={[
          {
            name: WORDS.setting,
            width: '24%',
            cell: (row) => <span className="mono">{row.name}</span>,
          },
          {
            name: WORDS.type,
            width: '24%',
            cell: (row) => (
              <span className="row wrap">
                {row.type}
                {row.is_required && <Chip tone="warn">{WORDS.needed}</Chip>}
                {row.is_secret && <Chip tone="line">{WORDS.secret}</Chip>}
              </span>
            ),
          },
          { name: WORDS.means, cell: (row) => <Meaning setting={row} /> },
        ]}
      />
    </Card>
  )
}

function Meaning({ setting }: { setting: Setting }) {
  const choices = setting.choices.map(String).join(', ')
  const given = setting.default
  const isPlain = ['string', 'number', 'boolean'].includes(typeof given) && given !== ''
  return (
    <span className="pretty">
      {setting.title}
      {choices && <span className="quiet"> ({choices})</span>}
      {isPlain && <span className="mono quiet cut"> = {String(given)}</span>}
    </span>
  )
}

function Routes({ routes }: { routes: readonly Route[] }) {
  return (
    <Card title={WORDS.does} isBare>
      <Table
        label={WORDS.does}
        rows={routes.map((route, index) => ({ ...route, index }))}
        keyOf={(row) => row.index}
        columns={[
          {
            name: WORDS.operation,
            width: '26%',
            cell: (row) => (
              <>
                <span className="strong">{CONNECTIONS.operations[row.operation]}</span>
                {row.id !== '' && <p className="mono quiet">{row.id}</p>}
              </>
            ),
          },
          { name: WORDS.takes, width: '28%', cell: (row) => takes(row) },
          { name: WORDS.needs, cell: (row) => needed(row) },
          { name: WORDS.how, cell: (row) => how(row) },
        ]}
      />
    </Card>
  )
}

function takes(route: Route): string {
  if (route.operation !== 'event') return CONNECTIONS.none
  if (route.takes.length === 0) return WORDS.anyEvent
  const more = route.takes.length > SHOWN_EVENTS ? ' …' : ''
  return route.takes.slice(0, SHOWN_EVENTS).join(', ') + more
}

function needed(route: Route): string {
  const names = route.inputs.filter((each) => each.is_required).map((each) => each.name)
  return names.map(title).join(', ') || CONNECTIONS.none
}

function how(route: Route): string {
  const told = [
    route.asks_first && WORDS.asksFirst,
    route.request_count > 1 && WORDS.requests(count(route.request_count)),
    route.together > 1 && WORDS.together(count(route.together)),
    route.is_named && WORDS.named,
  ]
  return told.filter(Boolean).join(', ') || CONNECTIONS.none
}

function Score({ of }: { of: Connector }) {
  const words = CONNECTIONS.catalog.statusWhy
  return (
    <Card title={WORDS.score}>
      <p>{words[of.line.status]}.</p>
      <p className="quiet">{scored(of.vectors, WORDS.vectors)}</p>
      <p className="quiet">{scored(of.examples, WORDS.examples)}</p>
    </Card>
  )
}

function scored(mark: Mark | null | undefined, say: (alike: string, cases: string) => string) {
  return mark == null || mark.cases === 0 ? '' : say(count(mark.body), count(mark.cases))
}
