// What more than one screen asks.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
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

/** The first journeys that are called so. */
export function useJourneys(q: string, limit: number) {
  return useQuery({
    queryKey: ['journeys', 'called', q, limit],
    queryFn: () => take(api.GET('/api/journeys', { params: { query: { q, limit } } })),
    placeholderData: keepPreviousData,
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
