// What a page rehearses: the journey of its path, in a draft of its address or as it runs.
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import type { About, Rehearsal } from '@/api/rehearsals'
import { useParam } from '@/kit/go'

export type Draft = components['schemas']['ShownDraft']

export type Subject = { journey: string; draftName: string; about: About; draft: Draft | null }

export function useDraft(name: string) {
  return useQuery({
    queryKey: ['drafts', name],
    queryFn: () => take(api.GET('/api/drafts/{name}', { params: { path: { name } } })),
    enabled: name !== '',
  })
}

export function useSubject() {
  const { name: journey = '' } = useParams({ strict: false }) as { name?: string }
  const [draftName] = useParam('draft')
  const draft = useDraft(draftName)
  const about: About = draftName === '' ? {} : { draft: draftName }
  return { journey, draftName, about, draft }
}

/** Whether the texts are others by now than those that were rehearsed. */
export function isOutdated(made: Rehearsal, draft: Draft | null): boolean {
  return draft !== null && made.subject.draft !== '' && made.subject.etag !== draft.etag
}
