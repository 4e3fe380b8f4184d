// The catalogue: every connector there is, how sure it is, and what it asks for.
import { SegmentedControl, Skeleton, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { components } from '@/api/schema'
import { Empty } from '@/kit/empty'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Stale, Trouble } from '@/kit/trouble'
import { CONNECTIONS } from '@/words/connections'
import { count, title } from '@/words/format'
import { accountsOf, doing, Parts, Sure } from './parts'
import { useConnectors } from './queries'
import { categoriesIn, type Filter, grouped, matching } from './shelf'

type Connector = components['schemas']['ConnectorLine']

const WORDS = CONNECTIONS.catalog

export default function Catalog() {
  const connectors = useConnectors()
  const [word, setWord] = useParam('word')
  const [direction, setDirection] = useParam('direction')
  const [category, setCategory] = useParam('category')
  const [status, setStatus] = useParam('status')
  const filter = { word, direction, category, status }
  function all() {
    setWord('')
    setDirection('')
    setCategory('')
    setStatus('')
  }
  return (
    <>
      <Head title={CONNECTIONS.title} beside={<Parts />} />
      <Stale query={connectors} />
      <div className="page">
        <div className="page-in connections">
          <div className="connections-bar">
            <TextInput
              size="xs"
              w={260}
              aria-label={WORDS.search}
              placeholder={WORDS.search}
              leftSection={<IconSearch size={14} />}
              value={word}
              onChange={(event) => setWord(event.currentTarget.value)}
            />
            <SegmentedControl
              size="xs"
              aria-label={WORDS.directionLabel}
              value={direction}
              onChange={setDirection}
              data={WORDS.directions.map(([value, label]) => ({ value, label }))}
            />
            <Choice label={WORDS.category} value={category} on={setCategory}>
              <option value="">{WORDS.allCategories}</option>
              {categoriesIn(connectors.data ?? []).map((each) => (
                <option key={each} value={each}>
                  {CONNECTIONS.categories[each] ?? title(each)}
                </option>
              ))}
            </Choice>
            <Choice label={WORDS.status} value={status} on={setStatus}>
              {WORDS.statuses.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Choice>
          </div>
          {connectors.data !== undefined ? (
            <Shelf connectors={connectors.data} filter={filter} all={all} />
          ) : connectors.isError ? (
            <Trouble error={connectors.error} retry={connectors.refetch} />
          ) : (
            <Skeleton h={420} />
          )}
        </div>
      </div>
    </>
  )
}

type ChoiceProps = {
  label: string
  value: string
  on: (value: string) => void
  children: ReactNode
}

function Choice({ label, value, on, children }: ChoiceProps) {
  return (
    <select
      className="connections-choice"
      aria-label={label}
      value={value}
      onChange={(event) => on(event.currentTarget.value)}
    >
      {children}
    </select>
  )
}

type ShelfProps = { connectors: readonly Connector[]; filter: Filter; all: () => void }

function Shelf({ connectors, filter, all }: ShelfProps) {
  const found = matching(connectors, filter)
  if (found.length === 0) {
    const action = (
      <button type="button" className="link" onClick={all}>
        {WORDS.all}
      </button>
    )
    return (
      <Empty title={WORDS.empty} action={action}>
        {WORDS.emptyWhy}
      </Empty>
    )
  }
  const groups = grouped(found)
  return (
    <>
      <p className="quiet small" role="status">
        {WORDS.found(count(found.length), count(connectors.length))}
      </p>
      {[...groups].map(([category, members]) => (
        <section key={category}>
          <h2 className="connections-group">
            {category === ''
              ? WORDS.directions[2][1]
              : (CONNECTIONS.categories[category] ?? category)}
          </h2>
          <div className="connections-cards">
            {members.map((each) => (
              <ConnectorCard key={`${each.direction} ${each.id}`} connector={each} />
            ))}
          </div>
        </section>
      ))}
    </>
  )
}

function ConnectorCard({ connector }: { connector: Connector }) {
  const folder = connector.direction === 'source' ? 'sources/' : ''
  const asked = connector.asks_for.map((each) => title(each)).join(', ')
  return (
    <Go className="connections-card" to={`/connections/catalog/${folder}${connector.id}`}>
      <span className="row">
        <h3 className="grow">{connector.name}</h3>
        <Sure status={connector.status} />
      </span>
      <span className="ink2">{doing(connector.does)}</span>
      <span className="quiet">
        {WORDS.asks}: {asked || accountsOf(connector.accounts)}
      </span>
      {connector.used_by !== undefined && connector.used_by.length > 0 && (
        <span className="quiet">{WORDS.used(connector.used_by.map(title).join(', '))}</span>
      )}
    </Go>
  )
}
