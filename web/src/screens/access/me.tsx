// One's own account: who one is and may, where one is signed in, the password, and the way out.
import { Button, PasswordInput, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Head } from '@/kit/head'
import { Note } from '@/kit/note'
import { Pairs } from '@/kit/pairs'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { ACCESS } from '@/words/access'
import { title } from '@/words/format'
import './access.css'
import { No } from '@/kit/no'
import { Proving, useGrave } from './proof'

type Account = components['schemas']['Account']

const WORDS = ACCESS.own_

export default function Me() {
  const account = useQuery({
    queryKey: ['account'],
    queryFn: () => take(api.GET('/api/session/account')),
  })
  return (
    <Proving>
      <Head title={ACCESS.own} under={{ label: ACCESS.title, to: '/access' }} />
      <div className="page">
        <div className="page-in access">
          {account.data !== undefined ? (
            <div className="access-two">
              <div className="access">
                <Who account={account.data} />
                <Sessions account={account.data} />
              </div>
              <Password account={account.data} />
            </div>
          ) : account.isError ? (
            <Trouble error={account.error} retry={account.refetch} />
          ) : (
            <Skeleton h={320} />
          )}
        </div>
      </div>
    </Proving>
  )
}

function Who({ account }: { account: Account }) {
  const { permissions } = useMe()
  const table = useQuery({
    queryKey: ['access', 'roles'],
    queryFn: () => take(api.GET('/api/access/roles')),
  })
  const may = table.data?.abilities.filter((each) => permissions.includes(each.permission)) ?? []
  return (
    <Card title={WORDS.who}>
      <Pairs
        pairs={[
          { name: WORDS.email, value: account.email },
          ...(account.name ? [{ name: WORDS.name, value: account.name }] : []),
          { name: WORDS.role, value: ACCESS.role[account.role] },
          { name: WORDS.team, value: account.team ? title(account.team) : ACCESS.people.noTeam },
          { name: WORDS.since, value: <Time at={account.created_at} as="day" /> },
          {
            name: WORDS.may,
            value: (
              <ul className="access-list">
                {may.map((each) => (
                  <li key={each.permission}>{each.means}</li>
                ))}
              </ul>
            ),
          },
        ]}
      />
    </Card>
  )
}

function Sessions({ account }: { account: Account }) {
  const grave = useGrave()
  const queries = useQueryClient()
  const leaving = useMutation({
    mutationFn: () => grave(() => take(api.DELETE('/api/session/everywhere'))),
    onSuccess: (left) => {
      queries.clear()
      location.assign(left.go_to || '/studio/')
    },
  })
  return (
    <Card title={WORDS.sessions} isBare>
      <Table
        label={WORDS.sessions}
        rows={account.sessions}
        keyOf={(row) => row.begun_at}
        columns={[
          {
            name: WORDS.browser,
            cell: (row) => (
              <span className="row">
                {row.browser || <span className="quiet">{WORDS.unknown}</span>}
                {row.is_present && <Chip tone="accent">{WORDS.here}</Chip>}
              </span>
            ),
          },
          { name: WORDS.way, cell: (row) => WORDS.ways[row.way] },
          { name: WORDS.begun, cell: (row) => <Time at={row.begun_at} as="ago" /> },
          { name: WORDS.seen, cell: (row) => <Time at={row.seen_at} as="ago" /> },
        ]}
      />
      <div className="card-body access-form">
        <No error={leaving.error} />
        <div className="row">
          <span className="quiet small grow">{WORDS.everywhereWhat}</span>
          <Button
            size="xs"
            variant="default"
            loading={leaving.isPending}
            onClick={() => leaving.mutate()}
          >
            {WORDS.everywhere}
          </Button>
        </div>
      </div>
    </Card>
  )
}

function Password({ account }: { account: Account }) {
  const [isUnlike, setUnlike] = useState(false)
  const changing = useMutation({
    mutationFn: (body: { present: string; password: string }) =>
      take(api.POST('/api/session/password', { body })),
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const said = new FormData(form)
    const password = String(said.get('fresh'))
    const isOther = password !== String(said.get('again'))
    setUnlike(isOther)
    if (isOther) return
    const body = { present: String(said.get('present')), password }
    changing.mutate(body, { onSuccess: () => form.reset() })
  }
  if (!account.has_password) {
    return (
      <Card title={WORDS.password}>
        <Note title={WORDS.noPassword}>{WORDS.noPasswordWhy}</Note>
      </Card>
    )
  }
  return (
    <Card title={WORDS.password}>
      <form className="access-form" onSubmit={submit}>
        <No error={changing.error} />
        {changing.isSuccess && <Note tone="ok" title={WORDS.changed} />}
        {/* Password managers want to know whose it is. */}
        <input
          type="hidden"
          name="username"
          autoComplete="username"
          value={account.email}
          readOnly
        />
        <PasswordInput
          name="present"
          label={WORDS.present}
          autoComplete="current-password"
          required
          withAsterisk={false}
        />
        <PasswordInput
          name="fresh"
          label={WORDS.fresh}
          description={WORDS.rule}
          autoComplete="new-password"
          required
          withAsterisk={false}
        />
        <PasswordInput
          name="again"
          label={WORDS.again}
          autoComplete="new-password"
          error={isUnlike ? WORDS.unlike : undefined}
          required
          withAsterisk={false}
        />
        <div className="row">
          <Button size="xs" type="submit" loading={changing.isPending}>
            {WORDS.change}
          </Button>
        </div>
        <p className="quiet small pretty">{WORDS.second}</p>
      </form>
    </Card>
  )
}
