// Change requests: what they are, what may be done with them, and doing it.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, Refused, take } from './client'
import type { components } from './schema'
import type { Problem } from './types'

type Schemas = components['schemas']
export type ChangeShown = Schemas['changes_routes_Shown']
export type ChangeRequest = Schemas['ChangeRequest']
export type Choice = Schemas['Choice']
export type Review = Schemas['Review']
export type Objection = Schemas['Objection']
export type Waiver = Schemas['Waiver']
/** What became of it; `problems` are what stands against it. */
export type Applied = Partial<Schemas['Applied']> & {
  /** The change that puts back what ran before. */
  putsBack?: number
}

const KEY = 'changes'

export function useChange(number: number) {
  const params = { path: { number } }
  return useQuery({
    queryKey: [KEY, number],
    queryFn: () => take(api.GET('/api/changes/{number}', { params })),
  })
}

export function useChoices(number: number) {
  const params = { path: { number } }
  return useQuery({
    queryKey: [KEY, number, 'choices'],
    queryFn: () => take(api.GET('/api/changes/{number}/choices', { params })),
  })
}

/** What objects to it, and its texts beside those that run. Asked once: it is work. */
export function useReview(number: number, revision: number, isAsked: boolean) {
  const params = { path: { number } }
  return useQuery({
    queryKey: ['review', number, revision],
    queryFn: () => take(api.GET('/api/changes/{number}/review', { params })),
    enabled: isAsked,
    staleTime: 60_000,
  })
}

export type Deed =
  | { verb: 'approve' | 'reject'; why: string }
  | { verb: 'apply'; waive: Waiver[] }
  | { verb: 'withdraw' }
  | { verb: 'roll_back'; why: string }

/** Returns what stands against it: nothing, where it was done. */
export function useDeed(number: number) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (deed: Deed) => done(number, deed),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: [KEY] }),
        queries.invalidateQueries({ queryKey: ['review', number] }),
        queries.invalidateQueries({ queryKey: ['dictionary'] }),
        queries.invalidateQueries({ queryKey: ['journeys'] }),
        queries.invalidateQueries({ queryKey: ['drafts'] }),
      ]),
  })
}

async function done(number: number, deed: Deed): Promise<Applied> {
  const params = { path: { number } }
  switch (deed.verb) {
    case 'approve':
    case 'reject': {
      const body = { why: deed.why }
      await take(
        deed.verb === 'approve'
          ? api.POST('/api/changes/{number}/approve', { params, body })
          : api.POST('/api/changes/{number}/reject', { params, body }),
      )
      return {}
    }
    case 'withdraw':
      await take(api.POST('/api/changes/{number}/withdraw', { params }))
      return {}
    case 'roll_back': {
      const body = { why: deed.why }
      const made = await take(api.POST('/api/changes/{number}/roll-back', { params, body }))
      const problems = [...(made.proposed.problems ?? []), ...(made.applied?.problems ?? [])]
      return { ...made.applied, problems, putsBack: made.proposed.change?.number }
    }
    case 'apply':
      return apply(number, deed.waive)
  }
}

/** 422 is an answer too: it says what objects. */
async function apply(number: number, waive: Waiver[]): Promise<Applied> {
  const params = { path: { number } }
  let objected: Applied | null = null
  const call = api.POST('/api/changes/{number}/apply', { params, body: { waive } })
  try {
    return await take<Schemas['Applied']>(
      call.then((result) => {
        objected = problemsOf(result.error)
        return result
      }),
    )
  } catch (error) {
    if (objected !== null && error instanceof Refused && error.status === 422) return objected
    throw error
  }
}

function problemsOf(body: unknown): Applied | null {
  if (typeof body !== 'object' || body === null || !('problems' in body)) return null
  return { problems: body.problems as Problem[] }
}
