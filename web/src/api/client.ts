// The one way to the API: typed by its own OpenAPI document, and every refusal an exception.
import createClient from 'openapi-fetch'
import type { paths } from './schema'
import type { Refusal } from './types'

const SAFE = ['GET', 'HEAD']

let csrf = ''
let onSignedOut: () => void = () => {}

/** A 'no' of the API, with what to do next; or `status` 0 where there was no answer at all. */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  readonly fix: string

  constructor(status: number, refusal: Refusal) {
    super(refusal.message)
    this.status = status
    this.code = refusal.code
    this.fix = refusal.fix
  }

  get isAway(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503
  }
}

/** Remember what proves that a change was asked for by a page of ours. */
export function trust(token: string): void {
  csrf = token
}

export function whenSignedOut(call: () => void): void {
  onSignedOut = call
}

export const api = createClient<paths>({ baseUrl: location.origin })

api.use({
  onRequest({ request }) {
    if (!SAFE.includes(request.method) && csrf) request.headers.set('Legato-CSRF', csrf)
    return request
  },
})

type Result<T> = { data?: T; error?: unknown; response: Response }

/** Return what a call answers, or throw why not. */
export async function take<T>(call: Promise<Result<T>>): Promise<T> {
  let result: Result<T>
  try {
    result = await call
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Refused(0, AWAY)
  }
  if (result.response.ok) return result.data as T
  const refused = new Refused(result.response.status, refusalOf(result.error))
  if (refused.status === 401 && refused.code.startsWith('access.')) onSignedOut()
  throw refused
}

const AWAY: Refusal = {
  code: 'server.away',
  message: 'Legato does not answer.',
  fix: 'It may be starting again, or the network is gone. What you see is kept.',
}

function refusalOf(body: unknown): Refusal {
  if (typeof body === 'object' && body !== null && 'code' in body && 'message' in body) {
    return body as Refusal
  }
  return { ...AWAY, code: 'server.strange', message: 'Legato answered in a way not understood.' }
}
