// Teams: what each answers for, and who is in it.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Go } from '@/kit/go'
import { Table } from '@/kit/table'
import { Trouble } from '@/kit/trouble'
import { ACCESS } from '@/words/access'
import { count, title } from '@/words/format'

type Team = components['schemas']['govern_access_teams_Standing']

const WORDS = ACCESS.teams

export function Teams() {
  const teams = useQuery({ queryKey: ['teams'], queryFn: () => take(api.GET('/api/teams')) })
  if (teams.data === undefined) {
    if (teams.isError) return <Trouble error={teams.error} retry={teams.refetch} />
    return <Skeleton h={320} />
  }
  if (teams.data.length === 0) return <Empty title={WORDS.none}>{WORDS.noneWhy}</Empty>
  return (
    <>
      <p className="quiet pretty access-lead">{WORDS.lead}</p>
      <Card isBare>
        <Table
          label={WORDS.name}
          rows={teams.data}
          keyOf={(row) => row.name}
          columns={[
            { name: WORDS.name, width: '24%', cell: (row) => <Named team={row} /> },
            { name: WORDS.owns, cell: (row) => <Owned team={row} /> },
            {
              name: WORDS.people,
              width: '34%',
              cell: (row) => <Members names={row.users ?? []} />,
            },
            { name: WORDS.programs, cell: (row) => <Members names={row.tokens ?? []} /> },
          ]}
        />
      </Card>
    </>
  )
}

function Named({ team }: { team: Team }) {
  return (
    <span className="access-name">
      <span className="strong">{team.title || title(team.name)}</span>
      {team.is_known === false && <Chip tone="warn">{WORDS.gone}</Chip>}
    </span>
  )
}

function Owned({ team }: { team: Team }) {
  const owned = team.owned_count ?? 0
  const isEmpty = owned > 0 && !team.users?.length && !team.tokens?.length
  return (
    <span className="access-name">
      <Go className="link" to="/dictionary" search={{ word: team.name }}>
        {WORDS.definitions(count(owned))}
      </Go>
      {isEmpty && <span className="access-warn small">{WORDS.empty}</span>}
    </span>
  )
}

function Members({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <span className="quiet">{WORDS.nobody}</span>
  return <span className="access-members">{names.join(', ')}</span>
}
