// All definitions that run, with the file and line of each; each can be taken out by itself.
import { ActionIcon, NativeSelect, Skeleton, TextInput } from '@mantine/core'
import { IconDownload, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Go, useParam } from '@/kit/go'
import { Table } from '@/kit/table'
import { Stale, Trouble } from '@/kit/trouble'
import { DEFINITIONS } from '@/words/definitions'
import { count, title } from '@/words/format'

type Texts = components['schemas']['StandingTexts']
type Definition = Texts['definitions'][number]

const ROWS = 60
const PAGES: Readonly<Record<string, string>> = {
  journey: '/journeys/',
  segment: '/segments/',
  event: '/dictionary/',
  trait: '/dictionary/',
  computed: '/dictionary/',
  term: '/dictionary/',
  destination: '/connections/destinations/',
  source: '/connections/sources/',
}

export function Standing() {
  const texts = useQuery({
    queryKey: ['definitions'],
    queryFn: () => take(api.GET('/api/definitions')),
  })
  if (texts.data === undefined) {
    return texts.isError ? (
      <Trouble error={texts.error} retry={texts.refetch} />
    ) : (
      <Skeleton h={420} />
    )
  }
  return (
    <>
      <Stale query={texts} />
      <Shown texts={texts.data} />
    </>
  )
}

function Shown({ texts }: { texts: Texts }) {
  const [kind, setKind] = useParam('kind')
  const [word, setWord] = useState('')
  const [most, setMost] = useState(ROWS)
  const isAdmin = useMay('administer')
  const kinds = [...new Set(texts.definitions.map((each) => each.kind))].toSorted()
  const found = texts.definitions.filter(
    (each) => (kind === '' || each.kind === kind) && isNamed(each, word),
  )
  const words = DEFINITIONS.columns
  return (
    <>
      <div className="row">
        <TextInput
          size="xs"
          w={260}
          aria-label={DEFINITIONS.find}
          placeholder={DEFINITIONS.find}
          leftSection={<IconSearch size={14} />}
          value={word}
          onChange={(event) => setWord(event.currentTarget.value)}
        />
        <NativeSelect
          size="xs"
          aria-label={DEFINITIONS.kind}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value)}
          data={[
            { value: '', label: DEFINITIONS.allKinds },
            ...kinds.map((value) => ({ value, label: title(value) })),
          ]}
        />
        <span className="grow" />
        {texts.shut_files.length > 0 && (
          <span className="quiet small">
            {DEFINITIONS.leftOut(texts.shut_files.length)}{' '}
            {isAdmin && (
              <a className="link" href="/api/definitions/archive?keys=true" download>
                {DEFINITIONS.allWith}
              </a>
            )}
          </span>
        )}
      </div>
      {found.length === 0 ? (
        <Empty
          title={DEFINITIONS.none}
          action={
            <button
              type="button"
              className="link"
              onClick={() => {
                setWord('')
                setKind('')
              }}
            >
              {DEFINITIONS.showAll}
            </button>
          }
        >
          {DEFINITIONS.noneWhy}
        </Empty>
      ) : (
        <Card isBare>
          <Table
            label={DEFINITIONS.title}
            rows={found.slice(0, most)}
            keyOf={(row) => `${row.file} ${row.line}`}
            columns={[
              { name: words.name, width: '40%', cell: (row) => <Named definition={row} /> },
              { name: words.kind, cell: (row) => <Chip>{title(row.kind)}</Chip> },
              { name: words.place, cell: (row) => <Place definition={row} /> },
              {
                name: words.out,
                side: 'end',
                cell: (row) => (!row.is_shut || isAdmin) && <TakeOut definition={row} />,
              },
            ]}
          />
        </Card>
      )}
      <p className="row quiet small" role="status">
        {DEFINITIONS.shown(count(Math.min(most, found.length)), count(found.length))}
        {found.length > most && (
          <button type="button" className="link" onClick={() => setMost(most + ROWS)}>
            {DEFINITIONS.more}
          </button>
        )}
      </p>
    </>
  )
}

function isNamed({ name, title: called, file, kind }: Definition, word: string): boolean {
  const wanted = word.trim().toLowerCase()
  return [name, called, file, kind].some((each) => each.toLowerCase().includes(wanted))
}

function Named({ definition }: { definition: Definition }) {
  const { kind, name, title: called } = definition
  const page = PAGES[kind]
  const words = called || title(name || kind)
  return (
    <span className="definitions-name">
      {page === undefined ? (
        <span className="strong">{words}</span>
      ) : (
        <Go className="strong" to={`${page}${encodeURIComponent(name)}`}>
          {words}
        </Go>
      )}
      {name !== '' && name !== words && <span className="mono quiet cut">{name}</span>}
    </span>
  )
}

function Place({ definition: { file, line, is_shut } }: { definition: Definition }) {
  return (
    <span className="row">
      <span className="mono quiet">
        {file}:{line}
      </span>
      {is_shut && <Chip tone="line">{DEFINITIONS.shut}</Chip>}
    </span>
  )
}

function TakeOut({ definition: { kind, name } }: { definition: Definition }) {
  const query = new URLSearchParams({ kind, name })
  return (
    <ActionIcon
      size="sm"
      variant="subtle"
      color="gray"
      component="a"
      href={`/api/definitions/text?${query}`}
      download
      aria-label={DEFINITIONS.takeOut(name || kind)}
    >
      <IconDownload size={15} stroke={1.7} />
    </ActionIcon>
  )
}
