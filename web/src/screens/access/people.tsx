// Who may sign in: found, looked at, invited.
import { Button, Skeleton, TextInput } from '@mantine/core'
import { IconSearch, IconUserPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { useParam } from '@/kit/go'
import { Note } from '@/kit/note'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { ACCESS } from '@/words/access'
import { count, title } from '@/words/format'
import { Invite } from './invite'
import { OneUser } from './user'

export type User = components['schemas']['ShownUser']

const ROWS = 100
const EVERY_MS = 15_000
const WORDS = ACCESS.people

export function People() {
  const [word, setWord] = useState('')
  const [most, setMost] = useState(ROWS)
  const [isInviting, setInviting] = useState(false)
  const [chosen, setChosen] = useParam('user')
  const users = useQuery({
    queryKey: ['users'],
    queryFn: () => take(api.GET('/api/users')),
    refetchInterval: EVERY_MS,
  })
  if (users.data === undefined) {
    if (users.isError) return <Trouble error={users.error} retry={users.refetch} />
    return <Skeleton h={420} />
  }
  const rows = users.data.filter((each) => isFound(each, word))
  return (
    <>
      <Stale query={users} />
      <div className="row">
        <TextInput
          size="xs"
          w={300}
          aria-label={WORDS.find}
          placeholder={WORDS.find}
          leftSection={<IconSearch size={14} />}
          value={word}
          onChange={(event) => setWord(event.currentTarget.value)}
        />
        <span className="grow" />
        <Button
          size="xs"
          leftSection={<IconUserPlus size={15} stroke={1.7} />}
          onClick={() => setInviting(true)}
        >
          {WORDS.invite}
        </Button>
      </div>
      {users.data.length === 0 ? (
        <Empty title={WORDS.nobody}>{WORDS.nobodyWhy}</Empty>
      ) : rows.length === 0 ? (
        <Empty title={WORDS.none}>{WORDS.noneWhy}</Empty>
      ) : (
        <Card isBare>
          <Table
            label={WORDS.label}
            rows={rows.slice(0, most)}
            keyOf={(row) => row.user_id}
            onRow={(row) => setChosen(row.user_id)}
            columns={[
              {
                name: WORDS.who,
                width: '34%',
                cell: (row) => <Named user={row} onOpen={() => setChosen(row.user_id)} />,
              },
              { name: WORDS.role, cell: (row) => ACCESS.role[row.role] },
              { name: WORDS.team, cell: (row) => <Team name={row.team} /> },
              { name: WORDS.way, cell: (row) => wayOf(row) },
              { name: WORDS.state, cell: (row) => <State user={row} /> },
            ]}
          />
        </Card>
      )}
      <p className="row quiet small" role="status">
        {WORDS.shown(count(Math.min(most, rows.length)), count(users.data.length))}
        {rows.length > most && (
          <button type="button" className="link" onClick={() => setMost(most + ROWS)}>
            {ACCESS.more}
          </button>
        )}
      </p>
      <Invite isOpen={isInviting} onClose={() => setInviting(false)} />
      <OneUser
        user={users.data.find((each) => each.user_id === chosen)}
        onClose={() => setChosen('')}
      />
    </>
  )
}

/** What those see who do not administer: who works here, and in which role. */
export function Colleagues() {
  const { role } = useMe()
  const actors = useQuery({
    queryKey: ['actors'],
    queryFn: () => take(api.GET('/api/actors')),
  })
  if (actors.data === undefined) {
    if (actors.isError) return <Trouble error={actors.error} retry={actors.refetch} />
    return <Skeleton h={320} />
  }
  return (
    <>
      <Note title={ACCESS.readOnly(ACCESS.role[role])} />
      <Card isBare>
        <Table
          label={WORDS.label}
          rows={actors.data}
          keyOf={(row) => row.actor}
          columns={[
            { name: WORDS.who, cell: (row) => <span className="strong">{row.name}</span> },
            { name: WORDS.role, cell: (row) => ACCESS.role[row.role] },
            { name: WORDS.team, cell: (row) => <Team name={row.team} /> },
          ]}
        />
      </Card>
    </>
  )
}

function isFound(user: User, word: string): boolean {
  const wanted = word.trim().toLowerCase()
  return [user.email, user.name, user.team, ACCESS.role[user.role]].some((each) =>
    each.toLowerCase().includes(wanted),
  )
}

function Named({ user, onOpen }: { user: User; onOpen: () => void }) {
  return (
    <span className="access-name">
      <button
        type="button"
        className="link"
        onClick={(event) => {
          event.stopPropagation()
          onOpen()
        }}
      >
        {user.name || user.email}
      </button>
      {user.name !== '' && <span className="quiet small">{user.email}</span>}
    </span>
  )
}

function Team({ name }: { name: string }) {
  return name === '' ? <span className="quiet">{WORDS.noTeam}</span> : title(name)
}

function wayOf(user: User): string {
  const ways = [user.has_password && WORDS.password, user.is_provided && WORDS.provider]
  return ways.filter(Boolean).join(', ') || WORDS.invited
}

function State({ user }: { user: User }) {
  if (user.is_disabled) return <Chip tone="warn">{WORDS.off}</Chip>
  if (!user.session_count) return <span className="quiet">{WORDS.away}</span>
  return (
    <span className="row">
      <Chip tone="ok">{WORDS.on(user.session_count)}</Chip>
      {user.seen_at != null && <Time className="quiet small" at={user.seen_at} as="ago" />}
    </span>
  )
}
