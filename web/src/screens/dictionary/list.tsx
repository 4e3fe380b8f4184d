// The data dictionary: every word of the definitions, what it means, and whose it is.
import { Button, SegmentedControl, Skeleton, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconDownload, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Go, useGo, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Table } from '@/kit/table'
import { Stale, Trouble } from '@/kit/trouble'
import { DICTIONARY } from '@/words/dictionary'
import { count, title } from '@/words/format'
import './dictionary.css'
import { Privacy } from './privacy'

type Entry = components['schemas']['Entry']

const ROWS = 100
const SETTLE_MS = 250

export default function List() {
  const [word, setWord] = useParam('word')
  const [kind, setKind] = useParam('kind')
  const [typed, setTyped] = useState(word)
  const [settled] = useDebouncedValue(typed, SETTLE_MS)
  useEffect(() => {
    if (settled !== word) setWord(settled)
    // Only what is typed leads: a change of the address from elsewhere starts the page anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled])
  const words = useQuery({
    queryKey: ['dictionary', word],
    queryFn: () => take(api.GET('/api/dictionary', { params: { query: { word } } })),
    placeholderData: keepPreviousData,
  })
  return (
    <>
      <Head title={DICTIONARY.title}>
        <TextInput
          size="xs"
          w={260}
          aria-label={DICTIONARY.search}
          placeholder={DICTIONARY.search}
          leftSection={<IconSearch size={14} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button
          size="xs"
          variant="default"
          component="a"
          href="/api/dictionary?form=csv"
          download="dictionary.csv"
          leftSection={<IconDownload size={14} />}
        >
          {DICTIONARY.export}
        </Button>
      </Head>
      <Stale query={words} />
      <div className="page">
        <div className="page-in dictionary">
          <SegmentedControl
            size="xs"
            aria-label={DICTIONARY.kindsLabel}
            value={kind}
            onChange={setKind}
            data={DICTIONARY.kinds.map(([value, label]) => ({ value, label }))}
          />
          {words.data !== undefined ? (
            <Words
              key={`${word} ${kind}`}
              entries={words.data.filter((each) => kind === '' || each.kind === kind)}
              isAll={word === '' && kind === ''}
              onAll={() => {
                setTyped('')
                setKind('')
              }}
            />
          ) : words.isError ? (
            <Trouble error={words.error} retry={words.refetch} />
          ) : (
            <Skeleton h={420} />
          )}
        </div>
      </div>
    </>
  )
}

type WordsProps = { entries: readonly Entry[]; isAll: boolean; onAll: () => void }

function Words({ entries, isAll, onAll }: WordsProps) {
  const [most, setMost] = useState(ROWS)
  const go = useGo()
  if (entries.length === 0) {
    if (isAll) return <Empty title={DICTIONARY.empty}>{DICTIONARY.emptyWhy}</Empty>
    const action = (
      <Button size="xs" variant="default" onClick={onAll}>
        {DICTIONARY.all}
      </Button>
    )
    return (
      <Empty title={DICTIONARY.none} action={action}>
        {DICTIONARY.noneWhy}
      </Empty>
    )
  }
  const words = DICTIONARY.columns
  return (
    <>
      <Card isBare>
        <Table
          label={DICTIONARY.title}
          rows={entries.slice(0, most)}
          keyOf={(row) => `${row.kind} ${row.name}`}
          onRow={(row) => go(placeOfEntry(row))}
          columns={[
            { name: words.name, width: '22%', cell: (row) => <Named entry={row} /> },
            { name: words.kind, cell: (row) => <Chip>{DICTIONARY.kind[row.kind]}</Chip> },
            { name: words.meaning, width: '40%', cell: (row) => <Meaning text={row.definition} /> },
            { name: words.owner, cell: (row) => <Owner name={row.owner} /> },
            { name: words.privacy, cell: (row) => row.privacy && <Privacy name={row.privacy} /> },
            { name: words.used, side: 'end', cell: (row) => count(row.used_by?.length ?? 0) },
          ]}
        />
      </Card>
      <p className="row quiet small" role="status">
        {DICTIONARY.shown(count(Math.min(most, entries.length)), count(entries.length))}
        {entries.length > most && (
          <button type="button" className="link" onClick={() => setMost(most + ROWS)}>
            {DICTIONARY.more}
          </button>
        )}
      </p>
    </>
  )
}

function placeOfEntry(entry: Entry): string {
  return `/dictionary/${encodeURIComponent(entry.name)}`
}

function Named({ entry }: { entry: Entry }) {
  return (
    <Go
      className="dictionary-name"
      to={placeOfEntry(entry)}
      onClick={(event) => event.stopPropagation()}
    >
      <span className="strong">{entry.title || title(entry.name)}</span>
      <span className="mono quiet cut">{entry.name}</span>
    </Go>
  )
}

function Meaning({ text }: { text: string }) {
  return <span className="dictionary-meaning pretty">{text}</span>
}

function Owner({ name }: { name: string }) {
  return name === '' ? <span className="quiet">{DICTIONARY.nobody}</span> : title(name)
}
