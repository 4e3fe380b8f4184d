// What the desk asks of the server.
import { api, take } from '@/api/client'
import type { Calls } from './desk'

export { Clash, discard, find, type Kept, type KeptDraft, propose, save } from '@/api/drafts'

export const begin = (template: string, title: string, owner: string) =>
  take(api.POST('/api/drawing/begin', { body: { template, title, owner } }))

export const calls: Calls = {
  read: (journey, files) => take(api.POST('/api/drawing/read', { body: { journey, files } })),
  edit: (journey, files, edits) =>
    take(api.POST('/api/drawing/edit', { body: { journey, files, edits } })),
}
