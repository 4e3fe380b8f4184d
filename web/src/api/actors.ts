// Who somebody on record is, by name.
import { useQuery } from '@tanstack/react-query'
import { api, take } from './client'

const LONG_MS = 60_000

/** Return a function from `user:usr_1` to a name; programs are called by their tokens. */
export function useNames(): (actor: string) => string {
  const actors = useQuery({
    queryKey: ['actors'],
    queryFn: () => take(api.GET('/api/actors')),
    staleTime: LONG_MS,
  })
  const names = new Map(actors.data?.map((each) => [each.actor, each.name]))
  return (actor) => {
    if (actor === 'system') return 'Legato itself'
    const known = names.get(actor)
    if (known !== undefined) return known
    return actor.startsWith('token:') ? `${actor.slice(6)} (a program)` : actor
  }
}
