// One event in quarantine, whole: why it waits, what it says, what would mend it, and replaying it.
import { Button, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { api, Refused, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { Go } from '@/kit/go'
import { Head } from '@/kit/head'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { Pairs } from '@/kit/pairs'
import { Reveal } from '@/kit/reveal'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { BROKEN } from '@/words/broken'
import { count } from '@/words/format'
import { reasonHeaders } from './reason'
import './connections.css'
import { replay } from './quarantine'

type Record = components['schemas']['ShownRecord']
type Drift = components['schemas']['ShownDrift']

const WORDS = BROKEN.quarantine
const UNDER = { label: WORDS.title, to: '/connections/quarantine' }

export default function One() {
  const { position = '' } = useParams({ strict: false }) as { position?: string }
  const [reason, setReason] = useState('')
  const record = useQuery({
    queryKey: ['quarantine', 'one', position, reason],
    queryFn: () => {
      const params = { path: { position: Number(position) } }
      const headers = reasonHeaders(reason)
      return take(api.GET('/api/quarantine/{position}', { params, headers }))
    },
    retry: false,
  })
  const isGone = record.error instanceof Refused && record.error.status === 404
  return (
    <>
      <Head title={record.data?.row.name || WORDS.one} under={UNDER}>
        <Reveal isRevealed={reason !== ''} refused={record.error} onReveal={setReason} />
      </Head>
      <Stale query={record} />
      <div className="page">
        <div className="page-in connections">
          {record.data !== undefined ? (
            <Whole record={record.data} />
          ) : isGone ? (
            <Empty title={WORDS.gone}>{WORDS.emptyWhy}</Empty>
          ) : record.isError ? (
            <Trouble error={record.error} retry={record.refetch} />
          ) : (
            <Skeleton h={320} />
          )}
        </div>
      </div>
    </>
  )
}

function Whole({ record }: { record: Record }) {
  const { row } = record
  const may = useMay('repair')
  const queries = useQueryClient()
  const again = useMutation({
    mutationFn: () => replay([row.position]),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['quarantine'] }),
  })
  return (
    <>
      <Note
        tone="warn"
        title={row.reason.what}
        action={
          <Button
            size="xs"
            variant="default"
            loading={again.isPending}
            disabled={!may || again.isSuccess}
            title={may ? undefined : WORDS.mayNot}
            onClick={() => again.mutate()}
          >
            {WORDS.replayAll('1')}
          </Button>
        }
      >
        <span className="mono">{row.reason.code}</span>
      </Note>
      {again.isSuccess && (
        <Note tone="ok" title={WORDS.done('1')}>
          {WORDS.doneWhy}
        </Note>
      )}
      <No error={again.error} />
      <div className="connections-two">
        <Card title={WORDS.content}>
          <pre className="mono connections-pre">{JSON.stringify(record.content, null, 2)}</pre>
        </Card>
        <div className="connections-column">
          <Card title={WORDS.one}>
            <Pairs
              pairs={[
                { name: WORDS.event, value: row.name },
                { name: WORDS.source, value: row.source },
                { name: WORDS.received, value: <Time at={row.received_at} as="ago" /> },
                { name: WORDS.who, value: <span className="mono">{row.message_id}</span> },
              ]}
            />
          </Card>
          <Mending record={record} />
        </div>
      </div>
    </>
  )
}

function Mending({ record }: { record: Record }) {
  const { row } = record
  const drifts = useQuery({
    queryKey: ['drift'],
    queryFn: () => take(api.GET('/api/drift')),
  })
  const found = (drifts.data ?? []).filter(
    (each) => each.source === row.source && each.event === row.name && each.text !== '',
  )
  return (
    <Card title={WORDS.fix}>
      <div className="connections-form">
        {found.length === 0 && <p className="ink2">{WORDS.noDrift}</p>}
        {found.map((drift) => (
          <Mapping key={drift.drift_id} drift={drift} />
        ))}
        {row.name !== '' && (
          <Go className="link small" to={`/dictionary/${encodeURIComponent(row.name)}`}>
            {WORDS.word}
          </Go>
        )}
      </div>
    </Card>
  )
}

function Mapping({ drift }: { drift: Drift }) {
  const may = useMay('repair')
  const queries = useQueryClient()
  const params = { path: { drift_id: drift.drift_id } }
  const renew = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['drift'] }),
      queries.invalidateQueries({ queryKey: ['quarantine'] }),
    ])
  const approve = useMutation({
    mutationFn: () => take(api.POST('/api/drift/{drift_id}/approve', { params })),
    onSuccess: renew,
  })
  const reject = useMutation({
    mutationFn: () => take(api.POST('/api/drift/{drift_id}/reject', { params })),
    onSuccess: renew,
  })
  return (
    <>
      <Note title={WORDS.drift}>
        {drift.evidence.join('; ')}. {WORDS.driftWhy(count(drift.healed), count(drift.looked_at))}
      </Note>
      <pre className="mono connections-code" tabIndex={0} aria-label={drift.file}>
        {drift.text}
      </pre>
      <p className="quiet small">{WORDS.approveWhy}</p>
      <div className="row">
        <Button
          size="xs"
          loading={approve.isPending}
          disabled={!may}
          title={may ? undefined : WORDS.mayNot}
          onClick={() => approve.mutate()}
        >
          {WORDS.approve}
        </Button>
        <Button
          size="xs"
          variant="default"
          loading={reject.isPending}
          disabled={!may}
          title={may ? undefined : WORDS.mayNot}
          onClick={() => reject.mutate()}
        >
          {WORDS.reject}
        </Button>
      </div>
      <No error={approve.error ?? reject.error} />
    </>
  )
}
