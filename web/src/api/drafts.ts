// Drafts of definitions at the server: saved over a state that was seen, proposed, discarded.
import { api, take } from './client'
import type { components } from './schema'

/** Texts in place of the running ones, by path; null: without the file. */
export type Overlay = Readonly<Record<string, string | null>>
export type KeptDraft = components['schemas']['ShownDraft']
type Clashed = components['schemas']['Clashed']
type Problem = components['schemas']['Problem']
type Wish = components['schemas']['studio_drawing_drafts_Wish']

const CLASH = 412

/** Somebody else saved meanwhile. Nothing of ours is lost: it is what could not be saved. */
export class Clash extends Error {
  constructor(readonly theirs: KeptDraft | null) {
    super('another state is kept')
  }
}

export type Kept = { name: string; journey: string; title: string; base: string; files: Overlay }

/** Save a draft over the state that `match` names; empty: begin it. Throws Clash or Refused. */
export async function save(kept: Kept, match: string): Promise<KeptDraft> {
  const { name, ...body } = kept
  return await unlessClash(
    api.PUT('/api/drafts/{name}', {
      params: { path: { name }, header: match === '' ? {} : { 'if-match': match } },
      body,
    }),
  )
}

/** Return a draft; null: there is none of this name. */
export async function find(name: string): Promise<KeptDraft | null> {
  // Asked for by name, what is not there would be an error on the browser's console.
  const begun = await take(api.GET('/api/drafts'))
  if (!begun.some((draft) => draft.name === name)) return null
  return await take(api.GET('/api/drafts/{name}', { params: { path: { name } } }))
}

export type Proposed = { change: number | null; problems: readonly Problem[] }

/** Ask for the draft as a change. Throws Clash or Refused. */
export async function propose(name: string, wish: Wish, match: string): Promise<Proposed> {
  let problems: readonly Problem[] = []
  const call = api.POST('/api/drafts/{name}/propose', {
    params: { path: { name }, header: { 'if-match': match } },
    body: wish,
  })
  const told = call.then((answer) => {
    problems = (answer.error as { problems?: Problem[] } | undefined)?.problems ?? []
    return answer
  })
  try {
    const made = await unlessClash(told)
    return { change: made.change?.number ?? null, problems: made.problems }
  } catch (error) {
    if (problems.length > 0) return { change: null, problems }
    throw error
  }
}

export async function discard(name: string): Promise<void> {
  await take(api.DELETE('/api/drafts/{name}', { params: { path: { name } } }))
}

type Answer<T> = { data?: T; error?: unknown; response: Response }

async function unlessClash<T>(call: Promise<Answer<T>>): Promise<Exclude<T, Clashed>> {
  let clash: Clash | null = null
  const answered = call.then((answer) => {
    const isClash = answer.response.status === CLASH
    if (isClash) clash = new Clash((answer.error as Clashed).theirs)
    return answer
  })
  try {
    return (await take(answered)) as Exclude<T, Clashed>
  } catch (error) {
    throw clash ?? error
  }
}
