// What happened to somebody, and their messages: asked for again and again while they are shown.
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'

export const STEPS_MAX = 1_000
const EVERY_MS = 4_000

export function useLife(who: string) {
  const path = { who }
  const story = useQuery({
    queryKey: ['story', who],
    queryFn: () =>
      take(api.GET('/api/people/{who}/story', { params: { path, query: { newest: STEPS_MAX } } })),
    enabled: who !== '',
    refetchInterval: EVERY_MS,
  })
  const messages = useQuery({
    queryKey: ['messages', who],
    queryFn: () => take(api.GET('/api/people/{who}/deliveries', { params: { path } })),
    enabled: who !== '',
    refetchInterval: EVERY_MS,
  })
  return { story, messages }
}
