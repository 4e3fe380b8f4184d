// How people sign in at the identity provider, as the workspace says it.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { Note } from '@/kit/note'
import { Pairs } from '@/kit/pairs'
import { Table } from '@/kit/table'
import { Trouble } from '@/kit/trouble'
import { ACCESS } from '@/words/access'
import { title } from '@/words/format'

type Shown = components['schemas']['ShownProvider']

const WORDS = ACCESS.provider

export function Provider() {
  const state = useQuery({
    queryKey: ['access', 'provider'],
    queryFn: () => take(api.GET('/api/access/provider')),
  })
  if (state.data === undefined) {
    if (state.isError) return <Trouble error={state.error} retry={state.refetch} />
    return <Skeleton h={240} />
  }
  if (!state.data.provider) return <Empty title={WORDS.none}>{WORDS.noneWhy}</Empty>
  return <Whole provider={state.data.provider} />
}

function Whole({ provider }: { provider: Shown }) {
  const mono = (text: string) => <span className="mono">{text}</span>
  return (
    <div className="access">
      {provider.has_secret ? (
        <Note tone="ok" title={WORDS.ready(provider.title)} />
      ) : (
        <Note tone="bad" title={WORDS.noSecret}>
          {WORDS.noSecretFix(provider.secret)}
        </Note>
      )}
      <Card title={title(provider.name)}>
        <Pairs
          pairs={[
            { name: WORDS.issuer, value: mono(provider.issuer) },
            { name: WORDS.client, value: mono(provider.client_id) },
            { name: WORDS.redirect, value: mono(provider.redirect) },
            { name: WORDS.domains, value: provider.domains.join(', ') || WORDS.any },
            { name: WORDS.verified, value: provider.trust_email ? WORDS.trusted : WORDS.checked },
          ]}
        />
      </Card>
      <Card title={WORDS.rules} isBare>
        <Table
          label={WORDS.rules}
          rows={rowsOf(provider)}
          keyOf={(row) => row.who}
          columns={[
            { name: WORDS.rule(provider.claim), cell: (row) => row.who },
            { name: WORDS.role, cell: (row) => row.role },
            { name: WORDS.team, cell: (row) => row.team },
          ]}
        />
      </Card>
    </div>
  )
}

function rowsOf(provider: Shown): { who: string; role: string; team: string }[] {
  const role = (name: string) => (ACCESS.role as Record<string, string>)[name] ?? name
  return [
    ...provider.rules.map((each) => ({
      who: each.value,
      role: role(each.role),
      team: each.team ? title(each.team) : WORDS.claimedTeam,
    })),
    {
      who: WORDS.otherwise,
      role: provider.default_role ? role(provider.default_role) : WORDS.out,
      team: provider.default_role ? WORDS.claimedTeam : '',
    },
  ]
}
