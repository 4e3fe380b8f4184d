// How far a journey is rolled out, and moving it.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, Refused, take } from './client'
import type { components } from './schema'

export type Rollout = components['schemas']['ShownRollout']
export type RolledOut = components['schemas']['RolledOut']

const AGAIN_MS = 15_000

export function useRollout(journey: string) {
  return useQuery({
    queryKey: ['journeys', 'rollout', journey],
    queryFn: () =>
      take(api.GET('/api/journeys/{name}/rollout', { params: { path: { name: journey } } })),
    // Somebody may move it meanwhile.
    refetchInterval: AGAIN_MS,
  })
}

/** Move it to another share; null ends it. */
export function useRollOut(journey: string) {
  const queries = useQueryClient()
  return useMutation<RolledOut, Refused, number | null>({
    mutationFn: (share) =>
      take(
        api.POST('/api/journeys/{name}/rollout', {
          params: { path: { name: journey } },
          body: { share, why: '' },
        }),
      ),
    onSuccess: (made) => {
      queries.setQueryData(['journeys', 'rollout', journey], made.rollout)
      void queries.invalidateQueries({ queryKey: ['journeys'] })
      void queries.invalidateQueries({ queryKey: ['changes'] })
      void queries.invalidateQueries({ queryKey: ['drafts'] })
      void queries.invalidateQueries({ queryKey: ['plan'] })
    },
  })
}
