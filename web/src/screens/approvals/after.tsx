// What can be done at once where a change that runs goes wrong: its journeys are held.
import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { ChangeRequest } from '@/api/changes'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Trouble } from '@/kit/trouble'
import { APPROVALS } from '@/words/approvals'

/** A change of more journeys is undone as a whole, not held one by one. */
const SHOWN_MAX = 20

type Hold = { name: string; isHeld: boolean }

export function After({ change }: { change: ChangeRequest }) {
  const queries = useQueryClient()
  const may = useMay('run')
  const changed = (change.draft.impact.changes ?? [])
    .filter((each) => each.family === 'journey')
    .map((each) => each.name)
    .slice(0, SHOWN_MAX)
  const journeys = useQuery({
    queryKey: ['journeys', 'names', changed],
    queryFn: () => take(api.GET('/api/journeys', { params: { query: { name: changed } } })),
    enabled: changed.length > 0,
  })
  const hold = useMutation({
    mutationFn: ({ name, isHeld }: Hold) => {
      const params = { params: { path: { name } } }
      return take(
        isHeld
          ? api.POST('/api/journeys/{name}/pause', params)
          : api.POST('/api/journeys/{name}/resume', params),
      )
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['journeys'] }),
  })
  const shown = journeys.data ?? []
  if (shown.length === 0) return null
  return (
    <Card title={APPROVALS.after}>
      <div className="approvals">
        <p className="quiet small">{may ? APPROVALS.afterWhy : APPROVALS.mayNotRun}</p>
        {shown.map((each) => (
          <Button
            key={each.name}
            size="xs"
            variant="default"
            disabled={!may}
            loading={hold.isPending && hold.variables.name === each.name}
            onClick={() => hold.mutate({ name: each.name, isHeld: !each.is_paused })}
          >
            {each.is_paused ? APPROVALS.resume(each.title) : APPROVALS.pause(each.title)}
          </Button>
        ))}
        {hold.isError && <Trouble error={hold.error} />}
      </div>
    </Card>
  )
}
