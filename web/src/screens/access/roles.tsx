// What each role may, in words; one's own stands out.
import { Skeleton } from '@mantine/core'
import { IconCheck, IconMinus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { Trouble } from '@/kit/trouble'
import { ACCESS } from '@/words/access'

const WORDS = ACCESS.roles

export function Roles() {
  const me = useMe()
  const table = useQuery({
    queryKey: ['access', 'roles'],
    queryFn: () => take(api.GET('/api/access/roles')),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (table.data === undefined) {
    if (table.isError) return <Trouble error={table.error} retry={table.refetch} />
    return <Skeleton h={420} />
  }
  const { roles, abilities } = table.data
  return (
    <>
      <p className="quiet pretty access-lead">{WORDS.lead}</p>
      <Card isBare>
        <table className="table access-roles" aria-label={ACCESS.title}>
          <thead>
            <tr>
              <th scope="col">{WORDS.may}</th>
              {roles.map((role) => (
                <th key={role} scope="col" data-own={role === me.role}>
                  {ACCESS.role[role]}
                  {role === me.role && <span className="quiet"> ({WORDS.yours})</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {abilities.map((each) => (
              <tr key={each.permission}>
                <th scope="row">{each.means}</th>
                {roles.map((role) => (
                  <td key={role} data-own={role === me.role}>
                    <Mark isOn={each.roles.includes(role)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
    </>
  )
}

function Mark({ isOn }: { isOn: boolean }) {
  return isOn ? (
    <>
      <IconCheck className="access-yes" size={16} stroke={2} aria-hidden="true" />
      <span className="sr">{WORDS.yes}</span>
    </>
  ) : (
    <>
      <IconMinus className="access-no" size={14} stroke={1.6} aria-hidden="true" />
      <span className="sr">{WORDS.no}</span>
    </>
  )
}
