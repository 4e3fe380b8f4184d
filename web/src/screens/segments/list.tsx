// All segments: what each asks, who is in it, who came lately, and what rests on it.
import { Button, Skeleton, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay, useMe } from '@/app/session'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { ChoiceField } from '@/kit/form/inputs'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Table } from '@/kit/table'
import { Stale, Trouble } from '@/kit/trouble'
import { clock, count, share, title } from '@/words/format'
import { countedOver, figure, SEGMENTS } from '@/words/segments'
import { Begin } from './begin'
import { Measuring } from './measuring'
import { PREFIX } from './names'
import './segments.css'

type Page = components['schemas']['SegmentPage']
type Row = components['schemas']['SegmentRow']
type Sort = (typeof SEGMENTS.sorts)[number][0]

const PAGE = 50
const EVERY_MS = 10_000
const USERS_SHOWN = 3

export default function Segments() {
  const [word, setWord] = useParam('word')
  const [sort, setSort] = useParam('sort', 'name')
  const [from, setFrom] = useParam('from', '0')
  const [begin, setBegin] = useParam('begin')
  const mayDraft = useMay('propose')
  const { role } = useMe()
  const skip = Number(from) || 0
  const sorted = SEGMENTS.sorts.find(([each]) => each === sort)?.[0] ?? 'name'
  const page = useQuery({
    queryKey: ['segments', { word, sorted, skip }],
    queryFn: () =>
      take(
        api.GET('/api/segments', { params: { query: { word, sort: sorted, skip, limit: PAGE } } }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  })
  return (
    <>
      <Head title={SEGMENTS.title}>
        <Button
          size="xs"
          leftSection={<IconPlus size={14} />}
          disabled={!mayDraft}
          title={mayDraft ? undefined : SEGMENTS.mayNot(role)}
          onClick={() => setBegin('1')}
        >
          {SEGMENTS.begin}
        </Button>
      </Head>
      <Stale query={page} />
      <div className="page">
        <div className="page-in segments">
          <Measuring />
          <div className="row wrap">
            <Search word={word} onWord={setWord} />
            <ChoiceField<Sort>
              label={SEGMENTS.sort}
              options={SEGMENTS.sorts}
              value={sorted}
              onChange={setSort}
            />
            <Drafts />
            <span className="grow" />
            {page.data && (
              <span className="quiet small">
                {SEGMENTS.found(count(page.data.found), count(page.data.total))} ·{' '}
                {countedOver(clock(page.data.at), page.data.of, page.data.everybody)}
              </span>
            )}
          </div>
          {page.data !== undefined ? (
            <Found page={page.data} onAll={() => setWord('')} />
          ) : page.isError ? (
            <Trouble error={page.error} retry={page.refetch} />
          ) : (
            <Skeleton h={360} />
          )}
          {page.data !== undefined && page.data.found > PAGE && (
            <Pager skip={skip} found={page.data.found} on={(to) => setFrom(String(to))} />
          )}
        </div>
      </div>
      {begin !== '' && mayDraft && <Begin onClose={() => setBegin('')} />}
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
      aria-label={SEGMENTS.search}
      placeholder={SEGMENTS.search}
      leftSection={<IconSearch size={14} stroke={1.8} />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        later(event.currentTarget.value)
      }}
    />
  )
}

/** Drafts of segments, also of those that do not run yet. */
function Drafts() {
  const drafts = useQuery({
    queryKey: ['drafts'],
    queryFn: () => take(api.GET('/api/drafts')),
    staleTime: 5_000,
  })
  const own = (drafts.data ?? []).filter((draft) => draft.name.startsWith(PREFIX))
  if (own.length === 0) return null
  return (
    <span className="row wrap small">
      <span className="quiet">{SEGMENTS.drafts}</span>
      {own.map((draft) => (
        <Go key={draft.name} className="link" to={`/segments/${draft.name.slice(PREFIX.length)}`}>
          {draft.title || title(draft.name.slice(PREFIX.length))}
        </Go>
      ))}
    </span>
  )
}

function Found({ page, onAll }: { page: Page; onAll: () => void }) {
  const words = SEGMENTS.columns
  if (page.total === 0) return <Empty title={SEGMENTS.none}>{SEGMENTS.noneWhy}</Empty>
  if (page.rows.length === 0) {
    const action = (
      <button type="button" className="link" onClick={onAll}>
        {SEGMENTS.showAll}
      </button>
    )
    return (
      <Empty title={SEGMENTS.nothing} action={action}>
        {SEGMENTS.nothingWhy}
      </Empty>
    )
  }
  return (
    <section className="card">
      <Table
        label={SEGMENTS.title}
        rows={page.rows}
        keyOf={(row) => row.name}
        columns={[
          { name: words.segment, cell: (row) => <Name row={row} /> },
          {
            name: words.people,
            side: 'end',
            width: 120,
            cell: (row) => (
              <>
                <span className="strong">{figure(row.people, row.within)}</span>
                {page.everybody > 0 && (
                  <p className="quiet small">{share(row.people / page.everybody)}</p>
                )}
              </>
            ),
          },
          {
            name: words.came,
            side: 'end',
            width: 130,
            cell: (row) => (row.came === 0 ? '0' : `+${count(row.came)}`),
          },
          { name: words.used, width: 190, cell: (row) => <Users users={row.used_by} /> },
          { name: words.owner, width: 110, cell: (row) => row.owner },
        ]}
      />
    </section>
  )
}

function Name({ row }: { row: Row }) {
  return (
    <>
      <Go className="segments-name" to={`/segments/${encodeURIComponent(row.name)}`}>
        {title(row.name)}
      </Go>
      <p className="small pretty">{row.title}</p>
      <p className="quiet small pretty">{SEGMENTS.someone(row.sentence)}.</p>
    </>
  )
}

function Users({ users }: { users: readonly string[] }) {
  if (users.length === 0) return <span className="quiet small">{SEGMENTS.unused}</span>
  return (
    <span className="row wrap">
      {users.slice(0, USERS_SHOWN).map((user) => (
        <Chip key={user} tone="line">
          {title(user.slice(user.lastIndexOf(' ') + 1))}
        </Chip>
      ))}
      {users.length > USERS_SHOWN && (
        <span className="quiet small">+{users.length - USERS_SHOWN}</span>
      )}
    </span>
  )
}

function Pager({ skip, found, on }: { skip: number; found: number; on: (skip: number) => void }) {
  const to = Math.min(skip + PAGE, found)
  const said = SEGMENTS.page(count(skip + 1), count(to), count(found))
  return (
    <nav className="segments-pager" aria-label={said}>
      <span className="quiet small">{said}</span>
      <Button
        size="compact-xs"
        variant="default"
        disabled={skip === 0}
        onClick={() => on(Math.max(skip - PAGE, 0))}
      >
        {SEGMENTS.earlier}
      </Button>
      <Button size="compact-xs" variant="default" disabled={to >= found} onClick={() => on(to)}>
        {SEGMENTS.later}
      </Button>
    </nav>
  )
}
