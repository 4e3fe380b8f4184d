// What several screens of the connections ask.
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'

const EVERY_MS = 3_000

export function useDestinations() {
  return useQuery({
    queryKey: ['destinations'],
    queryFn: () => take(api.GET('/api/destinations')),
    refetchInterval: EVERY_MS,
  })
}

export function useDestination(name: string) {
  const params = { path: { name } }
  return useQuery({
    queryKey: ['destinations', name],
    queryFn: () => take(api.GET('/api/destinations/{name}', { params })),
    refetchInterval: EVERY_MS,
  })
}

export function useSources() {
  return useQuery({
    queryKey: ['sources'],
    queryFn: () => take(api.GET('/api/sources')),
    refetchInterval: EVERY_MS,
  })
}

export function useSource(source: string) {
  const params = { path: { source } }
  return useQuery({
    queryKey: ['sources', source],
    queryFn: () => take(api.GET('/api/sources/{source}', { params })),
    refetchInterval: EVERY_MS,
  })
}

/** The catalogue changes with an update of Legato only; who uses what, with the plan. */
export function useConnectors() {
  return useQuery({
    queryKey: ['connectors'],
    queryFn: () => take(api.GET('/api/connectors')),
    staleTime: 60_000,
  })
}

export function useConnector(direction: 'destination' | 'source', name: string, isAsked = true) {
  const params = { path: { direction, name } }
  return useQuery({
    queryKey: ['connectors', direction, name],
    queryFn: () => take(api.GET('/api/connectors/{direction}/{name}', { params })),
    staleTime: 60_000,
    enabled: isAsked,
  })
}
