// One word: what it means, whose it is, how personal, and everything that rests on it.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Go } from '@/kit/go'
import { Head } from '@/kit/head'
import { Note } from '@/kit/note'
import { type Pair, Pairs } from '@/kit/pairs'
import { Table } from '@/kit/table'
import { Stale, Trouble } from '@/kit/trouble'
import { DICTIONARY } from '@/words/dictionary'
import { title } from '@/words/format'
import './dictionary.css'
import { Definition } from './places'
import { Privacy } from './privacy'
import { Look, OfTrait, seen, useSamples, Values } from './samples'

type Entry = components['schemas']['Entry']
type Property = NonNullable<Entry['properties']>[number]

const UNDER = { label: DICTIONARY.title, to: '/dictionary' }

export default function One() {
  const { name = '' } = useParams({ strict: false }) as { name?: string }
  const word = useQuery({
    queryKey: ['dictionary', 'one', name],
    queryFn: () => take(api.GET('/api/dictionary/{name}', { params: { path: { name } } })),
  })
  // A name may be an event's and a term's; and a property's leads to every event that carries it.
  const first = word.data?.length === 1 ? word.data[0] : undefined
  return (
    <>
      <Head
        title={first?.title || title(name)}
        under={UNDER}
        beside={first && <Chip>{DICTIONARY.kind[first.kind]}</Chip>}
      />
      <Stale query={word} />
      <div className="page">
        <div className="page-in dictionary">
          {word.data !== undefined ? (
            word.data.map((entry) => (
              <Word
                key={`${entry.kind} ${entry.name}`}
                entry={entry}
                isSeveral={word.data.length > 1}
              />
            ))
          ) : word.isError ? (
            <Trouble error={word.error} retry={word.refetch} />
          ) : (
            <Skeleton h={320} />
          )}
        </div>
      </div>
    </>
  )
}

function Word({ entry, isSeveral }: { entry: Entry; isSeveral: boolean }) {
  const isTeam = entry.kind === 'team'
  return (
    <article className="dictionary" aria-label={`${DICTIONARY.kind[entry.kind]} ${entry.name}`}>
      {isSeveral && <h2>{entry.title || title(entry.name)}</h2>}
      {entry.definition !== entry.title && <p className="dictionary-lead">{entry.definition}</p>}
      {entry.owner === '' && !isTeam && (
        <Note tone="warn" title={DICTIONARY.noOwner}>
          {DICTIONARY.noOwnerWhy}
        </Note>
      )}
      <div className="dictionary-two">
        <div className="dictionary">
          {entry.kind === 'event' && <Properties entry={entry} />}
          {entry.kind === 'trait' && <OfTrait name={entry.name} />}
          <UsedBy users={entry.used_by ?? []} />
        </div>
        <Card title={DICTIONARY.what}>
          <Pairs pairs={pairsOf(entry)} />
        </Card>
      </div>
    </article>
  )
}

function pairsOf(entry: Entry): Pair[] {
  const name = { name: DICTIONARY.columns.name, value: <span className="mono">{entry.name}</span> }
  const owner = { name: DICTIONARY.owner, value: <OwnerLink name={entry.owner} /> }
  if (entry.kind === 'team') return [name]
  const pairs: Pair[] = [
    name,
    { name: DICTIONARY.type, value: entry.type || DICTIONARY.kind[entry.kind] },
    owner,
  ]
  if (entry.privacy) {
    pairs.push(
      { name: DICTIONARY.privacy, value: <Privacy name={entry.privacy} /> },
      { name: DICTIONARY.purposes, value: purposes(entry.purposes) },
    )
  }
  if (entry.fresh_for) pairs.push({ name: DICTIONARY.fresh, value: entry.fresh_for })
  if (entry.same_as) {
    const value = <Definition family="segment" name={entry.same_as} />
    pairs.push({ name: DICTIONARY.same, value })
  }
  if (entry.stage_of) {
    const value = <Definition family="term" name={entry.stage_of} />
    pairs.push({ name: DICTIONARY.stage, value })
  }
  return pairs
}

function OwnerLink({ name }: { name: string }) {
  if (name === '') return DICTIONARY.nobody
  return <Definition family="team" name={name} />
}

function purposes(names: readonly string[] | undefined): string {
  return names?.length ? names.join(', ') : DICTIONARY.anyPurpose
}

function Properties({ entry }: { entry: Entry }) {
  const rows = entry.properties ?? []
  const samples = useSamples(entry.name)
  if (rows.length === 0) return null
  const words = DICTIONARY.property
  // What holds for the whole event stands beside it already.
  const isOwn = rows.some((row) => purposes(row.purposes) !== purposes(entry.purposes))
  const found = (name: string) => samples.query.data?.find((each) => each.name === name)
  return (
    <Card title={DICTIONARY.properties} isBare more={<Look samples={samples} />}>
      <Table
        label={DICTIONARY.properties}
        rows={rows}
        keyOf={(row) => row.name}
        columns={[
          { name: words.name, cell: (row) => <span className="mono">{row.name}</span> },
          { name: words.type, cell: (row) => row.type },
          { name: words.privacy, cell: (row) => <Privacy name={row.privacy} /> },
          ...(isOwn
            ? [{ name: words.purposes, cell: (row: Property) => purposes(row.purposes) }]
            : []),
          { name: DICTIONARY.sampleSeen, side: 'end', cell: (row) => seen(found(row.name)) },
          {
            name: DICTIONARY.sampleValues,
            width: '30%',
            cell: (row) => <Values of={found(row.name)} />,
          },
        ]}
      />
    </Card>
  )
}

/** `journey cart_rescue`, grouped by the first word. */
function UsedBy({ users }: { users: readonly string[] }) {
  const groups = new Map<string, string[]>()
  for (const user of users) {
    const [family = '', ...rest] = user.replace(/^computed trait /, 'computed ').split(' ')
    groups.set(family, [...(groups.get(family) ?? []), rest.join(' ')])
  }
  return (
    <Card title={DICTIONARY.usedBy}>
      {users.length === 0 ? (
        <p className="quiet">{DICTIONARY.unused}</p>
      ) : (
        <Pairs
          pairs={[...groups].map(([family, names]) => ({
            name: title(family),
            value: (
              <span className="dictionary-users">
                {names.map((name) => (
                  <Definition key={name} family={family} name={name} />
                ))}
              </span>
            ),
          }))}
        />
      )}
      <p className="dictionary-foot">
        <Go className="link small" to="/approvals">
          {DICTIONARY.propose}
        </Go>
      </p>
    </Card>
  )
}
