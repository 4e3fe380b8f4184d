// Privacy requests: who was erased and what came of it, who was given their data; and both anew.
import { Button, Skeleton } from '@mantine/core'
import { IconDownload, IconUserX } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNames } from '@/api/actors'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay, useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Go, useGo } from '@/kit/go'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { ACCESS } from '@/words/access'
import { CONSENT } from '@/words/consent'
import { shortId } from '@/words/notes'
import { Erasing } from './erasing'
import { Giving } from './giving'
import { instantOf } from './when'

export type Certificate = components['schemas']['Certificate']

const WORDS = CONSENT.requests
const PAGE = 50
const EVERY_MS = 5_000

export function Requests() {
  const { role } = useMe()
  if (!useMay('erase')) {
    return <Empty title={WORDS.denied(ACCESS.role[role])}>{WORDS.deniedWhy}</Empty>
  }
  return <Both />
}

function Both() {
  const [isErasing, setErasing] = useState(false)
  const [isGiving, setGiving] = useState(false)
  return (
    <>
      <div className="row">
        <p className="quiet pretty consent-lead">{WORDS.lead}</p>
        <span className="grow" />
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={15} stroke={1.7} />}
          onClick={() => setGiving(true)}
        >
          {WORDS.export}
        </Button>
        <Button
          size="xs"
          leftSection={<IconUserX size={15} stroke={1.7} />}
          onClick={() => setErasing(true)}
        >
          {WORDS.erase}
        </Button>
      </div>
      <Erasures />
      <Exports />
      <Erasing isOpen={isErasing} onClose={() => setErasing(false)} />
      <Giving isOpen={isGiving} onClose={() => setGiving(false)} />
    </>
  )
}

function Erasures() {
  const nameOf = useNames()
  const go = useGo()
  const erasures = useInfiniteQuery({
    queryKey: ['erasures'],
    queryFn: ({ pageParam }) => {
      const query = { limit: PAGE, ...(pageParam === 0 ? {} : { before: pageParam }) }
      return take(api.GET('/api/erasures', { params: { query } }))
    },
    initialPageParam: 0,
    getNextPageParam: (page) => (page.length < PAGE ? undefined : page[page.length - 1]?.position),
    refetchInterval: EVERY_MS,
  })
  if (erasures.data === undefined) {
    if (!erasures.isError) return <Skeleton h={240} />
    return <Trouble error={erasures.error} retry={() => erasures.refetch()} />
  }
  const rows = erasures.data.pages.flat().map((row) => row.certificate)
  if (rows.length === 0) return <Empty title={WORDS.none}>{WORDS.noneWhy}</Empty>
  const place = (row: Certificate) => `/consent/erasures/${encodeURIComponent(row.erasure_id)}`
  return (
    <Card title={WORDS.erasures} isBare>
      <Table
        label={WORDS.erasures}
        rows={rows}
        keyOf={(row) => row.erasure_id}
        onRow={(row) => go(place(row))}
        columns={[
          {
            name: WORDS.asked,
            cell: (row) => (
              <Go className="link" to={place(row)} onClick={(event) => event.stopPropagation()}>
                <Time at={instantOf(row.requested_at)} as="day" />,{' '}
                <Time at={instantOf(row.requested_at)} as="hourAndMinute" />
              </Go>
            ),
          },
          { name: WORDS.who, cell: (row) => nameOf(row.by) },
          { name: WORDS.why, width: '32%', cell: (row) => row.reason },
          { name: WORDS.state, cell: (row) => <State certificate={row} /> },
          {
            name: WORDS.took,
            side: 'end',
            cell: (row) => (row.seconds === null ? '–' : `${row.seconds.toFixed(1)} s`),
          },
          { name: WORDS.told, side: 'end', cell: (row) => toldOf(row) },
        ]}
      />
      {erasures.hasNextPage && (
        <div className="card-body">
          <Button
            size="xs"
            variant="default"
            loading={erasures.isFetchingNextPage}
            onClick={() => void erasures.fetchNextPage()}
          >
            {CONSENT.more}
          </Button>
        </div>
      )}
    </Card>
  )
}

const TOLD = ['accepted', 'delivered']
const OPEN = ['pending', ...TOLD]

function toldOf({ destinations }: Certificate): string {
  const told = destinations.filter((each) => TOLD.includes(each.outcome)).length
  return `${told} of ${destinations.length}`
}

/** What somebody has to see to: destinations that could not be told, and files that hold something. */
export function leftOf({ destinations, files }: Certificate): number {
  const untold = destinations.filter((each) => !OPEN.includes(each.outcome)).length
  return untold + Object.keys(files?.found ?? {}).length
}

export function State({ certificate }: { certificate: Certificate }) {
  const left = leftOf(certificate)
  const tone = certificate.stage === 'completed' ? 'ok' : 'accent'
  return (
    <span className="row wrap">
      <Chip tone={tone}>{WORDS.stage[certificate.stage]}</Chip>
      {left > 0 && <Chip tone="warn">{WORDS.left(left)}</Chip>}
    </span>
  )
}

function Exports() {
  const may = useMay('audit')
  const nameOf = useNames()
  const exports = useQuery({
    queryKey: ['audit', 'exports'],
    queryFn: () => {
      const query = { action: 'person.export', order: 'newest' as const, limit: PAGE }
      return take(api.GET('/api/audit', { params: { query } }))
    },
    enabled: may,
    refetchInterval: EVERY_MS,
  })
  if (!may) {
    return (
      <Card title={WORDS.exports}>
        <p className="quiet">{WORDS.exportsDenied}</p>
      </Card>
    )
  }
  if (exports.data === undefined) {
    return exports.isError ? <Trouble error={exports.error} retry={exports.refetch} /> : null
  }
  return (
    <Card title={WORDS.exports} isBare>
      {exports.data.length === 0 ? (
        <p className="card-body quiet">{WORDS.exportsNone}</p>
      ) : (
        <Table
          label={WORDS.exports}
          rows={exports.data}
          keyOf={(row) => row.number}
          columns={[
            {
              name: WORDS.asked,
              cell: (row) => (
                <>
                  <Time at={row.at} as="day" />, <Time at={row.at} as="hourAndMinute" />
                </>
              ),
            },
            { name: WORDS.who, cell: (row) => nameOf(row.actor) },
            { name: WORDS.why, width: '40%', cell: (row) => row.detail.reason ?? '' },
            {
              name: WORDS.exportWhat,
              cell: (row) => (
                <Go className="link mono" to={`/customers/${row.subject}`}>
                  {shortId(row.subject)}
                </Go>
              ),
            },
          ]}
        />
      )}
    </Card>
  )
}
