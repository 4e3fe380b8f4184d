// One purpose in one channel: the figures, what has to hold, how people said so, and who they are.
import { Button, SegmentedControl } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { Chip } from '@/kit/chip'
import { Go, useParam } from '@/kit/go'
import { Note } from '@/kit/note'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { CONSENT } from '@/words/consent'
import { count, title } from '@/words/format'
import { shortId } from '@/words/notes'
import type { Purpose, ShownCell } from './matrix'

const WORDS = CONSENT.cell
const PAGE = 20
const ANSWERS = ['yes', 'no', 'pending', 'never'] as const
type Answer = (typeof ANSWERS)[number]

type Props = { purpose: Purpose; cell: ShownCell; channel: string; onClose: () => void }

export function CellPane({ purpose, cell, channel, onClose }: Props) {
  const { counted } = cell
  const sources = counted.sources ?? []
  return (
    <aside className="consent-pane" aria-label={CONSENT.matrix.open(purpose.title, channel)}>
      <header>
        <h2>{CONSENT.matrix.open(purpose.title, channel)}</h2>
        <button type="button" className="consent-x" aria-label={CONSENT.close} onClick={onClose}>
          <IconX size={16} stroke={1.8} />
        </button>
      </header>
      <section>
        <h3>{WORDS.rules}</h3>
        <ul className="consent-rules">
          {[...purpose.rules, ...cell.rules].map((rule) => (
            <li key={rule}>{rule}</li>
          ))}
        </ul>
      </section>
      {counted.is_hidden ? (
        <Note title={CONSENT.matrix.hidden}>{CONSENT.matrix.hiddenWhy}</Note>
      ) : (
        <section>
          <h3>{WORDS.sources}</h3>
          {sources.length === 0 ? (
            <p className="quiet small">{WORDS.noSources}</p>
          ) : (
            <Table
              label={WORDS.sources}
              rows={sources}
              keyOf={(row) => row.source}
              columns={[
                { name: WORDS.source, cell: (row) => title(row.source) },
                { name: CONSENT.matrix.yes, side: 'end', cell: (row) => count(row.yes ?? 0) },
                { name: CONSENT.matrix.no, side: 'end', cell: (row) => count(row.no ?? 0) },
              ]}
            />
          )}
        </section>
      )}
      <Behind purpose={purpose.name} cell={cell} />
    </aside>
  )
}

function Behind({ purpose, cell }: { purpose: string; cell: ShownCell }) {
  const { counted } = cell
  const [said, setSaid] = useParam('answer', 'yes')
  const answer = ANSWERS.find((each) => each === said) ?? 'yes'
  const figure = (each: Answer) => (counted.is_hidden ? '' : ` ${count(counted[each] ?? 0)}`)
  return (
    <section>
      <h3>{WORDS.people}</h3>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label={WORDS.show}
        value={answer}
        onChange={setSaid}
        data={ANSWERS.filter((each) => each !== 'pending' || (counted.pending ?? 0) > 0).map(
          (each) => ({ value: each, label: `${CONSENT.matrix[each]}${figure(each)}` }),
        )}
      />
      <People key={answer} purpose={purpose} channel={counted.channel} answer={answer} />
    </section>
  )
}

function People(asked: { purpose: string; channel: string; answer: Answer }) {
  const people = useInfiniteQuery({
    queryKey: ['consents', 'people', asked],
    queryFn: ({ pageParam }) => {
      const query = { ...asked, after: pageParam, limit: PAGE }
      return take(api.GET('/api/consents/people', { params: { query } }))
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.after || undefined,
  })
  if (people.data === undefined) {
    if (!people.isError) return null
    return <Trouble error={people.error} retry={() => people.refetch()} />
  }
  if (people.data.pages.some((page) => page.is_hidden)) return <Note title={WORDS.masked} />
  const rows = people.data.pages.flatMap((page) => page.people)
  return (
    <>
      {rows.length === 0 && !people.hasNextPage ? (
        <p className="quiet small">{WORDS.none}</p>
      ) : (
        <Table
          label={WORDS.people}
          rows={rows}
          keyOf={(row) => row.person_id}
          columns={[
            {
              name: WORDS.person,
              cell: (row) => (
                <Go className="link mono" to={`/customers/${row.person_id}`}>
                  {shortId(row.person_id)}
                </Go>
              ),
            },
            { name: WORDS.by, cell: (row) => row.source && <Chip>{title(row.source)}</Chip> },
            {
              name: WORDS.since,
              side: 'end',
              cell: (row) => row.since != null && <Time at={row.since} as="day" />,
            },
          ]}
        />
      )}
      {people.hasNextPage && (
        <Button
          size="xs"
          variant="default"
          loading={people.isFetchingNextPage}
          onClick={() => void people.fetchNextPage()}
        >
          {CONSENT.more}
        </Button>
      )}
    </>
  )
}
