// All journeys: what each is for, who is inside, how often the goal is reached, and how it is.
import { Button, Skeleton, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Table } from '@/kit/table'
import { Stale, Trouble } from '@/kit/trouble'
import { clock, count, share } from '@/words/format'
import { JOURNEYS } from '@/words/journeys'
import { NewJourney } from './beginning'
import './journeys.css'
import { Pausing, type Row } from './pausing'

type Page = components['schemas']['JourneyPage']

const PAGE = 50
const EVERY_MS = 5_000

export default function Journeys() {
  const [word, setWord] = useParam('word')
  const [show, setShow] = useParam('show', 'all')
  const [sort, setSort] = useParam('sort', 'name')
  const [from, setFrom] = useParam('from', '0')
  const skip = Number(from) || 0
  const query = { word, show: oneOf(JOURNEYS.shows, show), sort: oneOf(JOURNEYS.sorts, sort) }
  const board = useQuery({
    queryKey: ['journeys', 'board', query, skip],
    queryFn: () =>
      take(api.GET('/api/journeys/board', { params: { query: { ...query, skip, limit: PAGE } } })),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  })
  return (
    <>
      <Head title={JOURNEYS.title}>
        <NewJourney />
      </Head>
      <Stale query={board} />
      <div className="page">
        <div className="page-in journeys">
          <div className="journeys-bar">
            <Search word={word} onWord={(next) => setWord(next)} />
            <Choice label={JOURNEYS.show} of={JOURNEYS.shows} value={query.show} on={setShow} />
            <Choice label={JOURNEYS.sort} of={JOURNEYS.sorts} value={query.sort} on={setSort} />
            <span className="grow" />
            {board.data && (
              <span className="quiet small">
                {JOURNEYS.found(count(board.data.found), count(board.data.total))} ·{' '}
                {JOURNEYS.asOf(clock(board.data.at), count(board.data.of))}
              </span>
            )}
          </div>
          {board.data !== undefined ? (
            <Found page={board.data} all={() => setShow('all')} />
          ) : board.isError ? (
            <Trouble error={board.error} retry={board.refetch} />
          ) : (
            <Skeleton h={360} />
          )}
          {board.data !== undefined && board.data.found > PAGE && (
            <Pager skip={skip} found={board.data.found} on={(to) => setFrom(String(to))} />
          )}
        </div>
      </div>
    </>
  )
}

function Search({ word, onWord }: { word: string; onWord: (word: string) => void }) {
  const [text, setText] = useState(word)
  const later = useDebouncedCallback(onWord, 250)
  return (
    <TextInput
      size="xs"
      w={280}
      aria-label={JOURNEYS.search}
      placeholder={JOURNEYS.search}
      leftSection={<IconSearch size={14} stroke={1.8} />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        later(event.currentTarget.value)
      }}
    />
  )
}

type ChoiceProps<Value extends string> = {
  label: string
  of: readonly (readonly [Value, string])[]
  value: Value
  on: (value: string) => void
}

function Choice<Value extends string>({ label, of, value, on }: ChoiceProps<Value>) {
  return (
    <select
      className="journeys-choice"
      aria-label={label}
      value={value}
      onChange={(event) => on(event.currentTarget.value)}
    >
      {of.map(([each, name]) => (
        <option key={each} value={each}>
          {name}
        </option>
      ))}
    </select>
  )
}

function Found({ page, all }: { page: Page; all: () => void }) {
  const words = JOURNEYS.columns
  const [switching, setSwitching] = useState<Row | null>(null)
  const may = useMay('run')
  if (page.total === 0) return <Empty title={JOURNEYS.none}>{JOURNEYS.noneWhy}</Empty>
  if (page.rows.length === 0) {
    return (
      <Empty
        title={JOURNEYS.nothing}
        action={
          <button type="button" className="link" onClick={all}>
            {JOURNEYS.showAll}
          </button>
        }
      >
        {JOURNEYS.nothingWhy}
      </Empty>
    )
  }
  return (
    <section className="card">
      <Table
        label={JOURNEYS.title}
        rows={page.rows}
        keyOf={(row) => row.name}
        columns={[
          { name: words.journey, cell: (row) => <Name row={row} /> },
          { name: words.inside, side: 'end', width: 90, cell: (row) => count(row.inside) },
          { name: words.goal, side: 'end', width: 130, cell: (row) => <Goals row={row} /> },
          { name: words.health, width: 150, cell: (row) => <Health row={row} /> },
          { name: words.owner, width: 110, cell: (row) => row.owner },
          { name: words.purpose, width: 100, cell: (row) => row.purpose || JOURNEYS.noPurpose },
          {
            name: words.do,
            side: 'end',
            width: 100,
            cell: (row) => (
              <Button
                size="compact-xs"
                variant="default"
                disabled={!may}
                title={may ? undefined : JOURNEYS.mayNot}
                aria-label={`${row.is_paused ? JOURNEYS.resume : JOURNEYS.pause} ${row.title}`}
                onClick={() => setSwitching(row)}
              >
                {row.is_paused ? JOURNEYS.resume : JOURNEYS.pause}
              </Button>
            ),
          },
        ]}
      />
      <Pausing row={switching} onDone={() => setSwitching(null)} />
    </section>
  )
}

function Name({ row }: { row: Row }) {
  return (
    <>
      <Go className="journeys-name" to={`/journeys/${encodeURIComponent(row.name)}`}>
        {row.title || row.name}
      </Go>
      <p className="quiet small pretty">{JOURNEYS.begins(row.entry)}</p>
    </>
  )
}

function Goals({ row }: { row: Row }) {
  if (!row.has_goal) return <span className="quiet small">{JOURNEYS.noGoal}</span>
  if (row.ended === 0) return <span className="quiet small">{JOURNEYS.nobodyYet}</span>
  return (
    <>
      <span className="strong">{share(row.goals / row.ended)}</span>
      <p className="quiet small">{JOURNEYS.ofEnded(count(row.ended))}</p>
    </>
  )
}

function Health({ row }: { row: Row }) {
  return (
    <>
      {row.is_paused ? (
        <Chip tone="warn">{JOURNEYS.paused}</Chip>
      ) : (
        row.degraded.length === 0 && <Chip tone="ok">{JOURNEYS.running}</Chip>
      )}
      {row.degraded.length > 0 && (
        <>
          <Chip tone="bad">{JOURNEYS.unwell(row.degraded.length)}</Chip>
          <p className="quiet small">{row.degraded[0]?.what}</p>
        </>
      )}
    </>
  )
}

function Pager({ skip, found, on }: { skip: number; found: number; on: (skip: number) => void }) {
  const to = Math.min(skip + PAGE, found)
  return (
    <nav
      className="journeys-pager"
      aria-label={JOURNEYS.page(count(skip + 1), count(to), count(found))}
    >
      <span className="quiet small">{JOURNEYS.page(count(skip + 1), count(to), count(found))}</span>
      <Button
        size="compact-xs"
        variant="default"
        disabled={skip === 0}
        onClick={() => on(Math.max(skip - PAGE, 0))}
      >
        {JOURNEYS.earlier}
      </Button>
      <Button size="compact-xs" variant="default" disabled={to >= found} onClick={() => on(to)}>
        {JOURNEYS.later}
      </Button>
    </nav>
  )
}

function oneOf<Value extends string>(
  of: readonly (readonly [Value, string])[],
  value: string,
): Value {
  const found = of.find(([each]) => each === value) ?? of[0]
  if (found === undefined) throw new Error('a choice has values')
  return found[0]
}
