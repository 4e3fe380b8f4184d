// What more than one screen asks.
import { useQuery } from '@tanstack/react-query'
import { api, take } from './client'

const EVERY_MS = 3_000

const OVERVIEW = {
  queryKey: ['overview'],
  queryFn: () => take(api.GET('/api/status', { params: { query: { sentences: 40 } } })),
  refetchInterval: EVERY_MS,
}

/** How the process is doing; asked anew every few seconds, by everybody together once. */
export function useOverview() {
  return useQuery(OVERVIEW)
}

/** The plan that runs, by its digest; undefined: not known yet. */
export function usePlan(): string | undefined {
  return useQuery({ ...OVERVIEW, select: ({ status }) => status.plan }).data
}

export function useJourneys() {
  return useQuery({
    queryKey: ['journeys'],
    queryFn: () => take(api.GET('/api/journeys')),
    staleTime: 10_000,
  })
}

export function useProblems() {
  return useQuery({
    queryKey: ['problems'],
    queryFn: () => take(api.GET('/api/problems')),
    staleTime: 5_000,
  })
}
