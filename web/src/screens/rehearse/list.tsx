// What is being rehearsed: drafts in hand, what was run lately, and the journeys that run.
import { NativeSelect, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNames } from '@/api/actors'
import { api, take } from '@/api/client'
import { type Rehearsal, useRehearsals } from '@/api/rehearsals'
import { useMay, useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip, type ChipTone } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Go, useGo } from '@/kit/go'
import { Head } from '@/kit/head'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { title } from '@/words/format'
import { REHEARSE } from '@/words/rehearse'
import './rehearse.css'

const TONES: Record<Rehearsal['state'], ChipTone> = {
  waiting: 'line',
  running: 'accent',
  done: 'ok',
  failed: 'bad',
  stopped: 'plain',
  gone: 'plain',
}
const TABS: Record<Rehearsal['task']['kind'], string> = {
  scenarios: 'scenarios',
  prove: 'proofs',
  backtest: 'backtest',
  simulate: 'simulate',
  relive: '',
}

export default function List() {
  const may = useMay('rehearse')
  const me = useMe()
  return (
    <>
      <Head title={REHEARSE.title}>{may && <Choose />}</Head>
      {may ? (
        <div className="page">
          <div className="page-in rehearse">
            <Drafts />
            <Recent />
          </div>
        </div>
      ) : (
        <Empty title={REHEARSE.mayNot(me.role)}>{REHEARSE.mayNotWhy}</Empty>
      )}
    </>
  )
}

function useDrafts() {
  return useQuery({ queryKey: ['drafts'], queryFn: () => take(api.GET('/api/drafts')) })
}

function Choose() {
  const go = useGo()
  const journeys = useQuery({
    queryKey: ['journeys', 'names'],
    queryFn: () => take(api.GET('/api/journeys')),
  })
  const names = journeys.data?.map((each) => ({ value: each.name, label: each.title })) ?? []
  return (
    <NativeSelect
      size="xs"
      aria-label={REHEARSE.list.choose}
      data={[{ value: '', label: REHEARSE.list.choose }, ...names]}
      value=""
      onChange={(event) => go(`/journeys/${event.currentTarget.value}/rehearse`)}
    />
  )
}

function Drafts() {
  const drafts = useDrafts()
  const nameOf = useNames()
  if (drafts.data === undefined) {
    if (drafts.isError) return <Trouble error={drafts.error} retry={drafts.refetch} />
    return <Skeleton h={120} />
  }
  const words = REHEARSE.list
  return (
    <Card title={words.drafts} isBare>
      <Stale query={drafts} />
      {drafts.data.length === 0 ? (
        <p className="card-body quiet">{words.draftsNone}</p>
      ) : (
        <Table
          label={words.drafts}
          rows={drafts.data}
          keyOf={(row) => row.name}
          columns={[
            {
              name: words.draft,
              cell: (row) =>
                row.journey === '' ? (
                  <span className="strong">{row.title || row.name}</span>
                ) : (
                  <Go
                    className="link"
                    to={`/journeys/${row.journey}/rehearse`}
                    search={{ draft: row.name }}
                  >
                    {row.title || row.name}
                  </Go>
                ),
            },
            { name: words.journey, cell: (row) => title(row.journey) },
            {
              name: words.saved,
              cell: (row) => (
                <>
                  <Time at={row.saved_at} as="ago" /> {REHEARSE.by(nameOf(row.saved_by))}
                </>
              ),
            },
          ]}
        />
      )}
    </Card>
  )
}

function Recent() {
  const all = useRehearsals(true)
  const drafts = useDrafts()
  const nameOf = useNames()
  const words = REHEARSE.list
  if (all.data === undefined) {
    if (all.isError) return <Trouble error={all.error} retry={all.refetch} />
    return <Skeleton h={120} />
  }
  const journeyOf = (row: Rehearsal) =>
    drafts.data?.find((each) => each.name === row.subject.draft)?.journey ?? ''
  return (
    <Card title={words.recent} isBare>
      <Stale query={all} />
      {all.data.length === 0 ? (
        <p className="card-body quiet">{words.recentNone}</p>
      ) : (
        <Table
          label={words.recent}
          rows={all.data}
          keyOf={(row) => row.rehearsal_id}
          columns={[
            {
              name: words.kind,
              cell: (row) =>
                row.task.kind === 'relive' && row.task.person !== '' ? (
                  <Go
                    className="link"
                    to={`/customers/${row.task.person}/again`}
                    search={{ draft: row.subject.draft }}
                  >
                    {REHEARSE.kinds.relive}
                  </Go>
                ) : journeyOf(row) === '' ? (
                  REHEARSE.kinds[row.task.kind]
                ) : (
                  <Go
                    className="link"
                    to={`/journeys/${journeyOf(row)}/rehearse`}
                    search={{ draft: row.subject.draft, tab: TABS[row.task.kind] }}
                  >
                    {REHEARSE.kinds[row.task.kind]}
                  </Go>
                ),
            },
            { name: words.about, cell: (row) => <About subject={row.subject} /> },
            {
              name: words.state,
              cell: (row) => <Chip tone={TONES[row.state]}>{REHEARSE.states[row.state]}</Chip>,
            },
            {
              name: words.at,
              cell: (row) => (
                <>
                  <Time at={row.asked_at} as="ago" /> {REHEARSE.by(nameOf(row.by))}
                </>
              ),
            },
          ]}
        />
      )}
    </Card>
  )
}

function About({ subject }: { subject: Rehearsal['subject'] }) {
  if (subject.draft) return REHEARSE.ofDraft(subject.draft)
  if (subject.change) {
    return (
      <Go className="link" to={`/approvals/${subject.change}`}>
        {REHEARSE.ofChange(subject.change)}
      </Go>
    )
  }
  return REHEARSE.ofRunning
}
