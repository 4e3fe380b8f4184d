// What is kept how long, and what was removed.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { Go } from '@/kit/go'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { CONSENT } from '@/words/consent'
import { count, span, title } from '@/words/format'

type Retained = components['schemas']['Retained']

const WORDS = CONSENT.retention
const EVERY_MS = 30_000

export function Retention() {
  const rules = useQuery({
    queryKey: ['retention'],
    queryFn: () => take(api.GET('/api/retention')),
    refetchInterval: EVERY_MS,
  })
  if (rules.data === undefined) {
    if (rules.isError) return <Trouble error={rules.error} retry={rules.refetch} />
    return <Skeleton h={420} />
  }
  if (rules.data.length === 0) return <Empty title={WORDS.none}>{WORDS.noneWhy}</Empty>
  return (
    <>
      <Stale query={rules} />
      <p className="quiet pretty consent-lead">{WORDS.lead}</p>
      <Card isBare>
        <Table
          label={WORDS.what}
          rows={rules.data}
          keyOf={(row) => `${row.kind} ${row.name}`}
          columns={[
            { name: WORDS.what, width: '34%', cell: (row) => <Named row={row} /> },
            { name: WORDS.keep, cell: (row) => <Keep row={row} /> },
            { name: WORDS.removed, side: 'end', cell: removedOf },
            {
              name: WORDS.last,
              side: 'end',
              cell: (row) =>
                row.last_removed_at === null ? '–' : <Time at={row.last_removed_at} as="ago" />,
            },
          ]}
        />
      </Card>
    </>
  )
}

function Named({ row }: { row: Retained }) {
  return (
    <span className="row">
      <Go className="link" to={`/dictionary/${encodeURIComponent(row.name)}`}>
        {title(row.name)}
      </Go>
      <span className="quiet small">{WORDS.kind[row.kind]}</span>
    </span>
  )
}

function Keep({ row }: { row: Retained }) {
  if (row.retain === null) return <span className="quiet">{WORDS.forever[row.kind]}</span>
  return <span className="strong">{span(row.retain)}</span>
}

function removedOf(row: Retained): string {
  if (row.kind === 'trait') return row.retain === null ? '–' : WORDS.perPerson
  return row.retain === null && row.removed_count === 0 ? '–' : count(row.removed_count)
}
