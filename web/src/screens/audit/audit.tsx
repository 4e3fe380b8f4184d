// The audit trail: who did what to what, page by page, and how far it goes.
import { Button, SegmentedControl, Skeleton, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNames } from '@/api/actors'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { AUDIT } from '@/words/audit'
import { CUSTOMERS } from '@/words/customers'
import { deedOf, shortDigest } from '@/words/deeds'
import { count } from '@/words/format'
import { shortId } from '@/words/notes'
import './audit.css'
import { AuditHead } from './head'
import { placeOfSubject } from './subject'

type Entry = components['schemas']['ShownEntry']
type Order = 'newest' | 'oldest'

const PAGE = 50
const SETTLE_MS = 300
const MICROS_PER_MS = 1_000

export default function Audit() {
  if (!useMay('audit')) {
    return (
      <>
        <Head title={AUDIT.title} />
        <Empty title={AUDIT.denied}>{AUDIT.deniedWhy}</Empty>
      </>
    )
  }
  return <Trail />
}

function Trail() {
  const [who, setWho] = useParam('who')
  const [what, setWhat] = useParam('what')
  const [about, setAbout] = useParam('about')
  const [since, setSince] = useParam('since')
  const [order, setOrder] = useParam('order', 'newest')
  const [asked] = useDebouncedValue({ who, what, about, since }, SETTLE_MS)
  const entries = useInfiniteQuery({
    queryKey: ['audit', asked, order],
    queryFn: ({ pageParam }) => {
      const query = {
        actor: asked.who,
        action: asked.what,
        subject: asked.about,
        since: instantOf(asked.since),
        order: (order === 'oldest' ? 'oldest' : 'newest') satisfies Order as Order,
        after: pageParam,
        limit: PAGE,
      }
      return take(api.GET('/api/audit', { params: { query } }))
    },
    initialPageParam: 0,
    getNextPageParam: (page) => (page.length < PAGE ? undefined : page[page.length - 1]?.number),
  })
  const rows = entries.data?.pages.flat()
  const isFiltered = [who, what, about, since].some((each) => each !== '')

  return (
    <>
      <Head title={AUDIT.title}>
        <SegmentedControl
          size="xs"
          aria-label={AUDIT.order}
          value={order}
          onChange={setOrder}
          data={AUDIT.orders.map(([value, label]) => ({ value, label }))}
        />
      </Head>
      <div className="page">
        <div className="page-in audit">
          <p className="quiet">{AUDIT.lead}</p>
          <AuditHead />
          <div className="audit-filters" role="search" aria-label={AUDIT.title}>
            <Field label={AUDIT.who} hint={AUDIT.whoHint} value={who} onChange={setWho} />
            <Field label={AUDIT.what} hint={AUDIT.whatHint} value={what} onChange={setWhat} />
            <Field label={AUDIT.about} hint={AUDIT.aboutHint} value={about} onChange={setAbout} />
            <Field label={AUDIT.since} type="date" value={since} onChange={setSince} />
            {isFiltered && (
              <Button size="xs" variant="default" component={Go} to="/audit">
                {AUDIT.clear}
              </Button>
            )}
          </div>
          {rows === undefined ? (
            entries.isError ? (
              <Trouble error={entries.error} retry={() => entries.refetch()} />
            ) : (
              <Skeleton h={420} />
            )
          ) : rows.length === 0 ? (
            <Empty title={isFiltered ? AUDIT.none : AUDIT.empty}>
              {isFiltered ? AUDIT.noneWhy : AUDIT.emptyWhy}
            </Empty>
          ) : (
            <Rows rows={rows} />
          )}
          {rows !== undefined && rows.length > 0 && !entries.hasNextPage && (
            <p className="quiet small">{AUDIT.all}</p>
          )}
          {entries.hasNextPage && (
            <Button
              size="xs"
              variant="default"
              loading={entries.isFetchingNextPage}
              onClick={() => void entries.fetchNextPage()}
            >
              {AUDIT.more}
            </Button>
          )}
        </div>
      </div>
    </>
  )
}

/** Midnight of a day where the person is; from the beginning, where none is given. */
function instantOf(day: string): number {
  const ms = day === '' ? 0 : new Date(`${day}T00:00`).getTime()
  return Number.isNaN(ms) ? 0 : Math.max(ms * MICROS_PER_MS, 0)
}

type FieldProps = {
  label: string
  hint?: string
  type?: 'date'
  value: string
  onChange: (value: string) => void
}

/** What is typed stays here; the address follows it. */
function Field({ label, hint, type, value, onChange }: FieldProps) {
  const [typed, setTyped] = useState(value)
  const [known, setKnown] = useState(value)
  if (known !== value) {
    setKnown(value)
    setTyped(value)
  }
  return (
    <TextInput
      size="xs"
      label={label}
      placeholder={hint}
      type={type}
      maxLength={512}
      value={typed}
      onChange={(event) => {
        const text = event.currentTarget.value
        setTyped(text)
        setKnown(text)
        onChange(text)
      }}
    />
  )
}

function Rows({ rows }: { rows: readonly Entry[] }) {
  const nameOf = useNames()
  const words = AUDIT.columns
  return (
    <Card isBare>
      <Table
        label={AUDIT.title}
        rows={rows}
        keyOf={(row) => row.number}
        columns={[
          { name: words.number, cell: (row) => <EntryNumber entry={row} /> },
          {
            name: words.at,
            cell: (row) => (
              <span className="audit-when">
                <Time at={row.at} as="day" /> <Time at={row.at} />
              </span>
            ),
          },
          {
            name: words.who,
            cell: (row) => (
              <Go className="link" to="/audit" search={{ who: row.actor }}>
                {nameOf(row.actor)}
              </Go>
            ),
          },
          { name: words.what, cell: (row) => <Action entry={row} /> },
          {
            name: words.about,
            cell: (row) => <Subject subject={row.subject} name={calledOf(row.subject, nameOf)} />,
          },
          { name: words.detail, width: '34%', cell: (row) => <Detail entry={row} /> },
        ]}
      />
    </Card>
  )
}

function EntryNumber({ entry }: { entry: Entry }) {
  return (
    <span className="mono quiet" title={entry.digest}>
      {count(entry.number)}
    </span>
  )
}

function Action({ entry }: { entry: Entry }) {
  return (
    <span className="audit-action">
      <Go className="link" to="/audit" search={{ what: entry.action }} title={entry.action}>
        {deedOf(entry.action)}
      </Go>
      {entry.outcome === 'refused' && <Chip tone="bad">{AUDIT.refused}</Chip>}
    </span>
  )
}

/** Users by name, people by the end of their ids, digests by their beginning. */
function calledOf(subject: string, nameOf: (actor: string) => string): string {
  if (subject.startsWith('person_')) return CUSTOMERS.one(shortId(subject))
  const actor = `user:${subject}`
  const name = subject.startsWith('usr_') ? nameOf(actor) : subject
  return name === actor ? subject : shortDigest(name)
}

function Subject({ subject, name }: { subject: string; name: string }) {
  const place = placeOfSubject(subject)
  return (
    <Go
      className="link audit-subject"
      to={place ?? '/audit'}
      search={place === null ? { about: subject } : {}}
      title={subject}
    >
      {name}
    </Go>
  )
}

function Detail({ entry }: { entry: Entry }) {
  const told = Object.entries(entry.detail).filter(([, value]) => value !== '')
  return (
    <ul className="audit-detail">
      {told.map(([name, value]) => (
        <li key={name}>
          <span className="quiet">{name.replaceAll('_', ' ')}</span> <Told value={value} />
        </li>
      ))}
    </ul>
  )
}

const LONG = 160

/** What is long shows its beginning until it is asked for. */
function Told({ value }: { value: string }) {
  const short = shortDigest(value)
  if (short !== value) return <span title={value}>{short}</span>
  if (value.length <= LONG) return value
  return (
    <details>
      <summary>{value.slice(0, LONG)}…</summary>…{value.slice(LONG)}
    </details>
  )
}
