// The certificate of an erasure: what was removed, who was told, what is left and why.
import { Button, Skeleton } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useNames } from '@/api/actors'
import { api, take } from '@/api/client'
import { Card } from '@/kit/card'
import { Head } from '@/kit/head'
import { Note } from '@/kit/note'
import { Pairs } from '@/kit/pairs'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { CONSENT } from '@/words/consent'
import { count, title } from '@/words/format'
import './consent.css'
import { type Certificate, State } from './requests'
import { save } from './save'
import { instantOf } from './when'

const WORDS = CONSENT.certificate
const EVERY_MS = 2_000
const KB = 1_024

export default function One() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const params = { path: { erasure_id: id } }
  const erasure = useQuery({
    queryKey: ['erasures', id],
    queryFn: () => take(api.GET('/api/erasures/{erasure_id}', { params })),
    refetchInterval: (query) => (query.state.data?.stage === 'completed' ? false : EVERY_MS),
  })
  const { data } = erasure
  return (
    <>
      <Head
        title={WORDS.title}
        under={{ label: CONSENT.title, to: '/consent' }}
        beside={data && <State certificate={data} />}
      >
        {data && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconDownload size={15} stroke={1.7} />}
            onClick={() => save(`erasure-${data.erasure_id}.json`, data)}
          >
            {WORDS.save}
          </Button>
        )}
      </Head>
      <Stale query={erasure} />
      <div className="page">
        <div className="page-in consent">
          {data !== undefined ? (
            <Whole certificate={data} />
          ) : erasure.isError ? (
            <Trouble error={erasure.error} retry={erasure.refetch} />
          ) : (
            <Skeleton h={420} />
          )}
        </div>
      </div>
    </>
  )
}

function Whole({ certificate }: { certificate: Certificate }) {
  return (
    <div className="consent-certificate">
      <div className="consent">
        <Told certificate={certificate} />
        <Card title={WORDS.left}>
          <ul className="consent-rules">
            <li>{WORDS.tombs(certificate.tombstones.length)}</li>
            <li>{WORDS.optOuts}</li>
            <li>{certificate.not_covered}</li>
          </ul>
        </Card>
        <Card title={WORDS.files}>
          <Files certificate={certificate} />
        </Card>
      </div>
      <div className="consent">
        <Facts certificate={certificate} />
        <Removed certificate={certificate} />
      </div>
    </div>
  )
}

function Facts({ certificate }: { certificate: Certificate }) {
  const nameOf = useNames()
  return (
    <Card title={WORDS.reason}>
      <p className="consent-reason">{certificate.reason}</p>
      <Pairs
        pairs={[
          { name: WORDS.by, value: nameOf(certificate.by) },
          { name: WORDS.asked, value: <At text={certificate.requested_at} /> },
          { name: WORDS.erased, value: <At text={certificate.erased_at} /> },
          { name: WORDS.completed, value: <At text={certificate.completed_at} /> },
          { name: WORDS.person, value: <span className="mono">{certificate.person_id}</span> },
          { name: WORDS.digest, value: <span className="mono">{certificate.digest}</span> },
        ]}
      />
      <p className="quiet small pretty consent-foot">{WORDS.digestWhy}</p>
    </Card>
  )
}

function At({ text }: { text: string | null }): ReactNode {
  if (text === null) return <span className="quiet">{WORDS.open}</span>
  return (
    <>
      <Time at={instantOf(text)} as="day" />, <Time at={instantOf(text)} />
    </>
  )
}

function Removed({ certificate }: { certificate: Certificate }) {
  return (
    <Card title={WORDS.removed} isBare>
      <Table
        label={WORDS.removed}
        rows={Object.entries(certificate.removed)}
        keyOf={([name]) => name}
        columns={[
          { name: WORDS.what, cell: ([name]) => title(name) },
          { name: WORDS.records, side: 'end', cell: ([, number]) => count(number) },
        ]}
      />
    </Card>
  )
}

function Told({ certificate }: { certificate: Certificate }) {
  return (
    <Card title={WORDS.destinations} isBare>
      <Table
        label={WORDS.destinations}
        rows={certificate.destinations}
        keyOf={(row) => row.destination}
        columns={[
          {
            name: WORDS.destination,
            cell: (row) => <span className="strong">{title(row.destination)}</span>,
          },
          {
            name: WORDS.outcome,
            cell: (row) => (
              <>
                {WORDS.outcomes[row.outcome] ?? title(row.outcome)}
                {row.reason && (
                  <span className="quiet" title={row.reason}>
                    , {WORDS.reasons[row.reason] ?? row.reason}
                  </span>
                )}
              </>
            ),
          },
          {
            name: WORDS.receipt,
            cell: (row) => row.receipt && <span className="mono small">{row.receipt}</span>,
          },
        ]}
      />
    </Card>
  )
}

function Files({ certificate: { files } }: { certificate: Certificate }) {
  if (files === null) return <p className="quiet">{WORDS.filesWait}</p>
  const found = Object.entries(files.found)
  if (found.length === 0) {
    return (
      <Note tone="ok" title={WORDS.filesDone(count(files.file_count), sizeOf(files.byte_count))} />
    )
  }
  return (
    <Note tone="warn" title={WORDS.filesFound}>
      {found.map(([name, times]) => `${name} (${count(times)})`).join(', ')}. {WORDS.filesWhy}
    </Note>
  )
}

function sizeOf(bytes: number): string {
  if (bytes < KB * KB) return `${count(Math.ceil(bytes / KB))} KB`
  return `${count(Math.round(bytes / KB / KB))} MB`
}
