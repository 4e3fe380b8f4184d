// What the desk asks of the server.
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import type { Calls } from './desk'

type Kinds = components['schemas']['ShownKinds']

export { Clash, discard, find, type Kept, type KeptDraft, propose, save } from '@/api/drafts'

export const begin = (template: string, title: string, owner: string) =>
  take(api.POST('/api/drawing/begin', { body: { template, title, owner } }))

/** Whether a journey is one of those that run: of very many, not all names were told. */
export async function runs(name: string, kinds: Kinds): Promise<boolean> {
  if ((kinds.words.journeys ?? []).some((each) => each.name === name)) return true
  if (kinds.cut?.includes('journeys') !== true) return false
  const params = { query: { name: [name] } }
  return (await take(api.GET('/api/journeys', { params }))).length > 0
}

export const calls: Calls = {
  read: (journey, files) => take(api.POST('/api/drawing/read', { body: { journey, files } })),
  edit: (journey, files, edits) =>
    take(api.POST('/api/drawing/edit', { body: { journey, files, edits } })),
}
