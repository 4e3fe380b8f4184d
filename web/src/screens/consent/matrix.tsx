// The consent matrix: purposes by channels, what people answered, and what has to hold.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { useParam } from '@/kit/go'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { CONSENT } from '@/words/consent'
import { count, share, title } from '@/words/format'
import { CellPane } from './cell'

export type Matrix = components['schemas']['Matrix']
export type Purpose = components['schemas']['ShownPurpose']
export type ShownCell = components['schemas']['ShownCell']

const WORDS = CONSENT.matrix
const EVERY_MS = 10_000
/** What is of no channel. */
const ANY = '*'

export function Answers() {
  const [at, setAt] = useParam('at')
  const matrix = useQuery({
    queryKey: ['consents', 'matrix'],
    queryFn: () => take(api.GET('/api/consents')),
    refetchInterval: EVERY_MS,
  })
  if (matrix.data === undefined) {
    if (matrix.isError) return <Trouble error={matrix.error} retry={matrix.refetch} />
    return <Skeleton h={420} />
  }
  const { data } = matrix
  if (data.purposes.length === 0) return <Empty title={WORDS.empty}>{WORDS.emptyWhy}</Empty>
  const chosen = findCell(data, at)
  return (
    <>
      <Stale query={matrix} />
      <p className="quiet pretty consent-lead">{WORDS.lead}</p>
      <div className="consent-two" data-open={chosen !== null}>
        <div className="consent">
          <Card isBare>
            <Grid matrix={data} at={at} onOpen={setAt} />
          </Card>
          <p className="quiet small" role="status">
            {data.is_sample
              ? WORDS.sampled(count(data.of), count(data.total))
              : WORDS.counted(count(data.of))}
            , <Time at={data.at} as="ago" />
          </p>
        </div>
        {chosen !== null && (
          <CellPane
            key={at}
            purpose={chosen.purpose}
            cell={chosen.cell}
            channel={channelName(data, chosen.cell.counted.channel)}
            onClose={() => setAt('')}
          />
        )}
      </div>
    </>
  )
}

function keyOf(purpose: string, channel: string): string {
  return `${purpose}/${channel}`
}

function findCell(matrix: Matrix, at: string): { purpose: Purpose; cell: ShownCell } | null {
  for (const purpose of matrix.purposes) {
    for (const cell of purpose.cells) {
      if (keyOf(purpose.name, cell.counted.channel) === at) return { purpose, cell }
    }
  }
  return null
}

function channelName(matrix: Matrix, name: string): string {
  if (name === ANY) return WORDS.any
  const found = matrix.channels.find((each) => each.name === name)
  return !found || found.title === name ? title(name) : found.title
}

type GridProps = { matrix: Matrix; at: string; onOpen: (at: string) => void }

function Grid({ matrix, at, onOpen }: GridProps) {
  return (
    <table className="table consent-grid" aria-label={WORDS.label}>
      <thead>
        <tr>
          <th scope="col">{WORDS.purpose}</th>
          {matrix.channels.map((each) => (
            <th key={each.name} scope="col">
              {channelName(matrix, each.name)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {/* First those that people are asked for. */}
        {[...matrix.purposes].sort(byAsked).map((purpose) => (
          <tr key={purpose.name}>
            <th scope="row">
              <span className="strong">
                {purpose.title === purpose.name ? title(purpose.name) : purpose.title}
              </span>
              <span className="quiet small">
                {WORDS.rests(WORDS.basis[purpose.basis] ?? purpose.basis)}
              </span>
            </th>
            {purpose.is_asked ? (
              matrix.channels.map(({ name }) => (
                <td key={name}>
                  <Cell
                    purpose={purpose}
                    cell={purpose.cells.find((each) => each.counted.channel === name)}
                    channel={channelName(matrix, name)}
                    isOpen={at === keyOf(purpose.name, name)}
                    onOpen={() => onOpen(keyOf(purpose.name, name))}
                  />
                </td>
              ))
            ) : (
              <td colSpan={matrix.channels.length} className="quiet small">
                {purpose.rules.join(' ')}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function byAsked(one: Purpose, other: Purpose): number {
  return Number(other.is_asked) - Number(one.is_asked)
}

type CellProps = {
  purpose: Purpose
  cell: ShownCell | undefined
  channel: string
  isOpen: boolean
  onOpen: () => void
}

function Cell({ purpose, cell, channel, isOpen, onOpen }: CellProps) {
  if (cell === undefined) return <span className="quiet small">{WORDS.notServed}</span>
  const { yes = 0, no = 0, pending = 0, never = 0, is_hidden: isHidden } = cell.counted
  const all = yes + no + pending + never
  return (
    <button type="button" className="consent-cell" aria-pressed={isOpen} onClick={onOpen}>
      <span className="sr">{WORDS.open(purpose.title, channel)}: </span>
      {isHidden || all === 0 ? (
        <span className="quiet">{isHidden ? WORDS.hidden : WORDS.nobody}</span>
      ) : (
        <>
          <span className="strong num">{headline(purpose, yes, no, all)}</span>
          <Bar yes={yes} no={no} all={all} />
          <span className="consent-figures small num">
            <span>{count(yes)} yes</span>
            <span>{count(no)} no</span>
            {pending > 0 && <span>{count(pending)} open</span>}
            {never > 0 && <span>{WORDS.silent(count(never))}</span>}
          </span>
        </>
      )}
    </button>
  )
}

/** Where a yes is needed, who said it; where nothing is, who has not objected. */
function headline(purpose: Purpose, yes: number, no: number, all: number): string {
  const part = purpose.basis === 'consent' ? yes : all - no
  const percent = share(all === 0 ? 0 : part / all)
  return purpose.basis === 'consent' ? WORDS.share(percent) : WORDS.reach(percent)
}

function Bar({ yes, no, all }: { yes: number; no: number; all: number }) {
  const width = (part: number) => `${all === 0 ? 0 : (part / all) * 100}%`
  return (
    <span className="consent-bar" aria-hidden="true">
      <i data-answer="yes" style={{ width: width(yes) }} />
      <i data-answer="no" style={{ width: width(no) }} />
    </span>
  )
}
