// Rehearsals: begin one of some texts, see how far it is, read what came of it.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, take } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type Rehearsal = Schemas['Rehearsal']
export type Found = NonNullable<Rehearsal['found']>
export type FoundOf<Kind extends Found['kind']> = Extract<Found, { kind: Kind }>
export type Task = Rehearsal['task']
export type TaskOf<Kind extends Task['kind']> = Extract<Task, { kind: Kind }>

/** Whose texts: a draft, or a change, or neither for those that run. */
export type About = { draft?: string; change?: number }

const KEY = 'rehearsals'
const WAIT_SECONDS = 1
const AGAIN_MS = 300
const LIST_MS = 10_000
/** What there were rehearsals of, since this page was opened. */
const SEEN = new Set<string>()

export function isLive(made: Pick<Rehearsal, 'state'> | undefined): boolean {
  return made?.state === 'waiting' || made?.state === 'running'
}

export function useRehearsals(isAsked: boolean) {
  return useQuery({
    queryKey: [KEY, 'all'],
    queryFn: () => take(api.GET('/api/rehearsals')),
    enabled: isAsked,
    refetchInterval: LIST_MS,
  })
}

/** The newest of a kind that is about these texts, and this customer where it is of one: so it is
 * there again when one comes back. */
export function useNewest(kind: Task['kind'], about: About, isAsked: boolean, person = '') {
  const all = useRehearsals(isAsked)
  const newest = all.data?.find((each) => isOf(each.task, kind, person) && isAbout(each, about))
  const id = newest?.rehearsal_id ?? ''
  const place = `${kind} ${about.draft ?? ''} ${about.change ?? 0} ${person}`
  if (newest !== undefined) SEEN.add(place)
  const one = useQuery({
    queryKey: [KEY, id],
    queryFn: () => {
      const params = { path: { rehearsal_id: id }, query: { wait: WAIT_SECONDS } }
      return take(api.GET('/api/rehearsals/{rehearsal_id}', { params }))
    },
    enabled: id !== '',
    refetchInterval: (query) => (isLive(query.state.data) ? AGAIN_MS : false),
  })
  /** Something of this was there when it was looked at before, and is not any longer. */
  const isLost = newest === undefined && all.isSuccess && SEEN.has(place)
  return { all, one, isLost }
}

function isOf(task: Task, kind: Task['kind'], person: string): boolean {
  return task.kind === kind && (task.kind !== 'relive' || task.person === person)
}

function isAbout({ subject }: Rehearsal, about: About): boolean {
  return (
    (subject.draft ?? '') === (about.draft ?? '') && (subject.change ?? 0) === (about.change ?? 0)
  )
}

export function useBegin() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ task, about }: { task: Task; about: About }) =>
      take(
        api.POST('/api/rehearsals', {
          body: { task, draft: about.draft ?? '', change: about.change ?? 0 },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: [KEY, 'all'] }),
  })
}

export function useStop() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      take(
        api.POST('/api/rehearsals/{rehearsal_id}/stop', { params: { path: { rehearsal_id: id } } }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: [KEY] }),
  })
}
