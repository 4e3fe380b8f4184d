// One change: what it would do in words and as text, what objects to it, and who says what.
import { Skeleton } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { useNames } from '@/api/actors'
import { type ChangeRequest, type ChangeShown, useChange } from '@/api/changes'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Head } from '@/kit/head'
import { Note } from '@/kit/note'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { Definition } from '@/screens/dictionary/places'
import { APPROVALS } from '@/words/approvals'
import { count, title } from '@/words/format'
import { After } from './after'
import { Answers } from './answers'
import './approvals.css'
import { Choices } from './choices'
import { Proofs, Texts } from './review'
import { StateChip } from './state'

const UNDER = { label: APPROVALS.title, to: '/approvals' }

export default function One() {
  const { number = '' } = useParams({ strict: false }) as { number?: string }
  const shown = useChange(Number(number))
  const change = shown.data?.change
  return (
    <>
      <Head
        title={change?.title ?? APPROVALS.number(Number(number))}
        under={UNDER}
        beside={change && <StateChip change={change} />}
      />
      <Stale query={shown} />
      <div className="page">
        <div className="page-in approvals">
          {shown.data !== undefined && change ? (
            <Told key={change.revision} shown={shown.data} change={change} />
          ) : shown.isError ? (
            <Trouble error={shown.error} retry={shown.refetch} />
          ) : (
            <Skeleton h={420} />
          )}
        </div>
      </div>
    </>
  )
}

function Told({ shown, change }: { shown: ChangeShown; change: ChangeRequest }) {
  const nameOf = useNames()
  return (
    <>
      <header className="approvals-lead">
        <p className={change.why === '' ? 'quiet' : undefined}>{change.why || APPROVALS.noWhy}</p>
        <p className="quiet small">
          {APPROVALS.number(change.number)}, {APPROVALS.revision(change.revision ?? 1)} ·{' '}
          {APPROVALS.proposed} {APPROVALS.endedBy(nameOf(change.author.actor))}{' '}
          <Time at={change.created_at} as="ago" />
        </p>
      </header>
      {change.ended_at != null && <Ended change={change} />}
      <div className="approvals-two">
        <div className="approvals">
          <Changes change={change} />
          <Proofs change={change} />
          <Texts change={change} />
          <Touched change={change} />
        </div>
        <aside className="approvals" aria-label={APPROVALS.choices}>
          <Choices change={change} />
          {change.state === 'applied' && <After change={change} />}
          <Answers shown={shown} change={change} />
        </aside>
      </div>
    </>
  )
}

function Ended({ change }: { change: ChangeRequest }) {
  const nameOf = useNames()
  const at = change.ended_at ?? change.created_at
  return (
    <Note
      title={`${APPROVALS.state[change.state ?? 'void']} ${APPROVALS.endedBy(nameOf(change.ended_by ?? ''))}`}
      action={<Time at={at} as="ago" className="small" />}
    >
      {change.note ? `${title(change.note)}.` : undefined}
    </Note>
  )
}

function Changes({ change }: { change: ChangeRequest }) {
  const words = APPROVALS.change
  const broken = change.draft.impact.broken ?? []
  return (
    <Card title={APPROVALS.what} isBare>
      <Table
        label={APPROVALS.what}
        rows={change.draft.impact.changes ?? []}
        keyOf={(row) => `${row.family} ${row.name} ${row.what}`}
        columns={[
          {
            name: words.what,
            width: '26%',
            cell: (row) => (
              <>
                <span className="quiet">{title(row.family)}</span>{' '}
                <Definition family={row.family} name={row.name} />
              </>
            ),
          },
          {
            name: words.how,
            cell: (row) => (
              <>
                <span className="strong">{APPROVALS.actions[row.action]}: </span>
                {row.what}
              </>
            ),
          },
          {
            name: words.kind,
            cell: (row) => <Chip tone={GRAVE[row.kind]}>{APPROVALS.kinds[row.kind]}</Chip>,
          },
        ]}
      />
      {broken.length > 0 && (
        <ul className="card-body">
          {broken.map((each) => (
            <li key={`${each.family} ${each.name}`}>
              <span className="strong">
                {title(each.family)} {each.name}
              </span>{' '}
              {APPROVALS.harm[each.harm]}.
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

const GRAVE = { safe: 'ok', migrating: 'warn', breaking: 'bad' } as const

function Touched({ change }: { change: ChangeRequest }) {
  const rows = change.draft.impact.touched ?? []
  const words = APPROVALS.touch
  return (
    <Card title={APPROVALS.touched} isBare>
      {rows.length === 0 ? (
        <p className="card-body quiet">{APPROVALS.touchedNone}</p>
      ) : (
        <Table
          label={APPROVALS.touched}
          rows={rows}
          keyOf={(row) => `${row.family} ${row.name}`}
          columns={[
            {
              name: words.name,
              cell: (row) => (
                <>
                  <span className="quiet">{title(row.family)}</span>{' '}
                  <Definition family={row.family} name={row.name} />
                </>
              ),
            },
            { name: words.owner, cell: (row) => title(row.owner ?? '') || APPROVALS.nobody },
            { name: words.through, cell: (row) => row.through?.join(', ') ?? '' },
            { name: words.people, side: 'end', cell: (row) => figure(row.people) },
            { name: words.reach, side: 'end', cell: (row) => figure(row.reach) },
          ]}
        />
      )}
    </Card>
  )
}

function figure(value: number | null | undefined): string {
  return value == null ? '–' : count(value)
}
